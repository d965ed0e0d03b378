package rng

import (
	"strconv"
	"testing"
)

func BenchmarkNormalRows(b *testing.B) {
	const rows = 1024
	for _, width := range []int{1, 2, 4, 16} {
		b.Run("width="+strconv.Itoa(width), func(b *testing.B) {
			s := New(1, "bench")
			dst := make([]float32, rows*width)
			b.ReportAllocs()
			for b.Loop() {
				s.NormalRows(dst, rows, 3, 17, rows, width)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(dst)), "ns/normal")
		})
	}
}

func BenchmarkUniformRows(b *testing.B) {
	const rows, width = 1024, 4
	s := New(1, "bench")
	dst := make([]float32, rows*width)
	b.ReportAllocs()
	for b.Loop() {
		s.UniformRows(dst, rows, 3, 17, rows, width)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(dst)), "ns/uniform")
}

func BenchmarkPerm(b *testing.B) {
	s := New(1, "bench")
	dst := make([]uint32, 1<<14)
	for b.Loop() {
		s.Perm(dst, 1)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(dst)), "ns/element")
}
