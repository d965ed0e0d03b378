// Package cascade is a small Monte Carlo of electromagnetic cascades in a stack of
// layers: a fast simulation that is only a program. Photons, electrons and positrons are
// followed one by one through slabs of matter; what they leave in the sensors, in cells,
// is the shower.
//
// Photons make pairs, scatter off electrons (Klein and Nishina) and are absorbed;
// electrons lose energy continuously (Berger and Seltzer, with the density effect of
// Sternheimer), radiate, knock out electrons and scatter by small angles that are
// normally distributed (Rossi). Cross sections are simple: pair production is one table
// in units of the radiation length for all matter, bremsstrahlung has the spectrum of
// complete screening, photoelectric absorption a power law. There is no single scattering
// by large angles, no fluorescence, no loss in flight of positrons. So its showers look
// like those of a full simulation, cell by cell, but their distribution is off, and that
// is what weights and refinement are for.
//
// Three factors are fitted to true showers: the density of the absorbers, the width of
// the scattering and the response of the sensors, which are calibrated against each
// other, too. What is not known of the factors is a prior: showers differ in them, and
// refined latents tell which values data prefer.
//
// Where to start: Fit fits a simulation to a file of showers. The result is a
// generator.Simulator: Generate makes showers of latents, Save keeps it.
package cascade
