package omnifold

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"strconv"

	"etalon/dctr"
	"etalon/internal/safetensors"
)

// Tensors and metadata of a checkpoint.
const (
	logNuName     = "ln nu" // of the rows in the order of the unfolding
	detectorName  = "detector"
	particleName  = "particle"
	keyName       = "problem"
	iterationsKey = "iterations"
	toldKey       = "told"
)

// headerRoom is what a checkpoint may take beside its tensors.
const headerRoom = 2 << 20

// save writes the checkpoint, if there is to be one.
func (u *unfolding) save() error {
	if u.cfg.Checkpoint == "" {
		return nil
	}
	iterations, err := json.Marshal(u.done)
	if err != nil {
		return fmt.Errorf("omnifold: checkpoint: %w", err)
	}
	params := func(name string, f *dctr.Classifier) safetensors.Tensor {
		return safetensors.Tensor{Name: name, Shape: []int{f.Params.Len()}, F32: f.Params.Flat()}
	}
	err = safetensors.Write(u.cfg.Checkpoint, &safetensors.File{
		Metadata: map[string]string{keyName: u.key, iterationsKey: string(iterations), toldKey: strconv.Itoa(u.told)},
		Tensors: []safetensors.Tensor{
			{Name: logNuName, Shape: []int{len(u.logNu)}, F64: u.logNu},
			params(detectorName, u.detector), params(particleName, u.nu),
		},
	})
	if err != nil {
		return fmt.Errorf("omnifold: could not write a checkpoint: %w", err)
	}
	return nil
}

// restore continues from the checkpoint; without one it does nothing. n is the number
// of iterations that are asked for.
func (u *unfolding) restore(n int) error {
	path := u.cfg.Checkpoint
	if path == "" {
		return nil
	}
	detector, err := u.classifier(nil, u.cfg.Detector, u.cfg.Transform, u.shiftX, u.scaleX, 0, detectorName)
	if err != nil {
		return err
	}
	particle, err := u.classifier(nil, u.cfg.Particle, u.cfg.LatentTransform, u.shiftZ, u.scaleZ, 0, particleName)
	if err != nil {
		return err
	}
	f, err := safetensors.Read(path, headerRoom+8*int64(len(u.logNu))+4*int64(detector.Params.Len()+particle.Params.Len()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("omnifold: the checkpoint cannot be read: %w; remove it to unfold anew", err)
	}
	bad := func(why string) error {
		return fmt.Errorf("omnifold: checkpoint %s %s; remove it to unfold anew", path, why)
	}
	if f.Metadata[keyName] != u.key {
		return bad("is of other events or other settings")
	}
	var done []Iteration
	err = json.Unmarshal([]byte(f.Metadata[iterationsKey]), &done)
	told, err2 := strconv.Atoi(f.Metadata[toldKey])
	switch {
	case err != nil || err2 != nil || len(done) < 1 || told < 0 || told > len(done):
		return bad("is damaged: its iterations cannot be read")
	case len(done) > n:
		return bad(fmt.Sprintf("has %d iterations; %d are asked for", len(done), n))
	}
	logNu, a, b := f.Get(logNuName), f.Get(detectorName), f.Get(particleName)
	if logNu == nil || len(logNu.F64) != len(u.logNu) || a == nil || len(a.F32) != detector.Params.Len() || b == nil || len(b.F32) != particle.Params.Len() {
		return bad("is damaged: its tensors have other sizes")
	}
	for _, v := range logNu.F64 {
		if v-v != 0 {
			return bad("is damaged: its weights are not finite")
		}
	}
	copy(u.logNu, logNu.F64)
	copy(detector.Params.Flat(), a.F32)
	copy(particle.Params.Flat(), b.F32)
	u.detector, u.nu, u.done, u.told = detector, particle, done, told
	return nil
}

// fingerprint tells one unfolding from another: by its events, and by the settings that
// an iteration depends on.
func fingerprint(sim Simulation, data Data, cfg Config) string {
	h := sha256.New()
	fmt.Fprintf(h, "%#v", []any{cfg.Detector, cfg.Particle, cfg.Training, cfg.Loss, cfg.WarmStart, cfg.Seed, sim.ZDim, sim.XDim})
	if cfg.Transform != nil {
		fmt.Fprintf(h, "%#v", cfg.Transform)
	}
	if cfg.LatentTransform != nil {
		fmt.Fprintf(h, "latents %#v", cfg.LatentTransform)
	}
	hashValues(h, sim.Z)
	hashValues(h, sim.X)
	hashValues(h, sim.W)
	hashValues(h, data.X)
	hashValues(h, data.W)
	return hex.EncodeToString(h.Sum(nil))
}

// hashValues adds the number of values and their bytes.
func hashValues[T float32 | float64](h hash.Hash, v []T) {
	const block = 1 << 13
	binary.Write(h, binary.LittleEndian, uint64(len(v)))
	for lo := 0; lo < len(v); lo += block {
		binary.Write(h, binary.LittleEndian, v[lo:min(lo+block, len(v))])
	}
}
