package omnifold

import (
	"encoding/json"
	"math"
)

// iterationJSON is an Iteration as it is written: numbers that there are none of are
// null, and scores that there are none of are left out.
type iterationJSON struct {
	MeanChange float64  `json:"mean_change"`
	NEff       float64  `json:"n_eff"`
	AUC        *float64 `json:"auc"`
	AUCError   *float64 `json:"auc_error"`
	Valid1     *float64 `json:"valid1"`
	Valid2     *float64 `json:"valid2"`
	*scoreJSON
}

type scoreJSON struct {
	JSD *float64 `json:"jsd"`
	EMD *float64 `json:"emd"`
}

// MarshalJSON writes numbers that there are none of as null. The score, if there is
// one, stands among the other fields as jsd and emd.
func (it Iteration) MarshalJSON() ([]byte, error) {
	out := iterationJSON{it.MeanChange, it.NEff, number(it.AUC), number(it.AUCError), number(it.Valid1), number(it.Valid2), nil}
	if it.Score != nil {
		out.scoreJSON = &scoreJSON{number(it.Score.JSD), number(it.Score.EMD)}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (it *Iteration) UnmarshalJSON(text []byte) error {
	in := iterationJSON{scoreJSON: &scoreJSON{}}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*it = Iteration{MeanChange: in.MeanChange, NEff: in.NEff, AUC: value(in.AUC), AUCError: value(in.AUCError), Valid1: value(in.Valid1), Valid2: value(in.Valid2)}
	if in.JSD != nil || in.EMD != nil {
		it.Score = &Score{JSD: value(in.JSD), EMD: value(in.EMD)}
	}
	return nil
}

func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func value(p *float64) float64 {
	if p == nil {
		return math.NaN()
	}
	return *p
}
