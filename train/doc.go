// Package train runs training: epochs of shuffled batches, schedules, validation,
// checkpoints and progress. What is trained is a Learner; Objective is the learner
// that minimises one loss of a graph. Everything that happens at a step is a
// function of the step's number and the learner's saved state, so a training that
// is killed and continued gives the same bytes as one that was not.
package train
