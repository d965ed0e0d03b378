// Package train runs training: epochs of shuffled batches, schedules, validation,
// checkpoints and progress. What is trained is a Learner; Objective is the learner
// that minimises one loss of a graph. Everything that happens at a step is a
// function of the step's number and the learner's saved state, so a training that
// is killed and continued gives the same bytes as one that was not.
//
// Where to start: build a graph whose last node is a loss, a mean over rows; give it to
// NewObjective with the parameters, the data by input name and Batches of its rows; and
// run a Loop. Config holds the settings that all trainings of the repository share. What
// is no single loss, such as a GAN, implements Learner with an Update for each of its
// networks.
package train
