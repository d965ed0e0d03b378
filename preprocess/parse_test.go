package preprocess_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"etalon/preprocess"
)

func TestParse(t *testing.T) {
	c, err := preprocess.Parse("E:log, theta:logit(0, 3.15),2:none,a:b:log(1e-3)")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.For([]string{"theta", "E", "x", "a:b", "y"}, 5)
	want := preprocess.Transform{{Kind: preprocess.Logit, Hi: 3.15}, {Kind: preprocess.Log}, {Kind: preprocess.None}, {Kind: preprocess.Log, Offset: 1e-3}, {}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v, %v", got, err)
	}
	text, err := json.Marshal(got)
	if want := `["logit(0,3.15)","log","none","log(0.001)","standardise"]`; err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
	var back preprocess.Transform
	if err := json.Unmarshal(text, &back); err != nil || back.Check(5) != nil || back[4].Kind != preprocess.Standardise {
		t.Errorf("%v, %v", back, err)
	}
	var table struct {
		Preprocess preprocess.Columns `toml:"preprocess"`
	}
	if err := toml.Unmarshal([]byte("[preprocess]\nE = \"log\"\n\"0:2\" = \"none\"\n"), &table); err != nil {
		t.Fatal(err)
	}
	written, err := toml.Marshal(table)
	if err != nil || !strings.Contains(string(written), "E = 'log'") {
		t.Errorf("%s, %v", written, err)
	}
	if got, err := table.Preprocess.For([]string{"x", "y", "E"}, 3); err != nil || got[0].Kind != preprocess.None || got[1].Kind != preprocess.None || got[2].Kind != preprocess.Log {
		t.Errorf("%v, %v", got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for list, says := range map[string]string{
		"":                   "COLUMN:KIND",
		"log":                "COLUMN:KIND",
		":log":               "COLUMN:KIND",
		"E:lgo":              `"lgo"`,
		"E:logit":            "logit(LO,HI)",
		"E:logit(1)":         "logit(LO,HI)",
		"E:logit(2,1)":       "LO < HI",
		"E:logit(0,inf)":     "LO < HI",
		"E:logit(nan,1)":     "LO < HI",
		"E:logit(1e9,1e9+1)": "accepted",
		"E:log(inf)":         "offset",
		"E:log(1,2)":         "accepted",
		"E:log(1":            "accepted",
		"E:none(1)":          "accepted",
		"E:log,E:none":       "given twice",
	} {
		if _, err := preprocess.Parse(list); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v; want %q", list, err, says)
		}
	}
	for _, c := range []preprocess.Columns{{"z": {Kind: preprocess.Log}}, {"5": {}}, {"0": {}, "x": {}}} {
		if _, err := c.For([]string{"x", "y"}, 2); err == nil {
			t.Errorf("%v was accepted", c)
		}
	}
	for _, text := range []string{`["log","logit"]`, `["log(1e31)"]`, `[1]`, `["logit(1000000,1000001)"]`} {
		var tr preprocess.Transform
		if err := json.Unmarshal([]byte(text), &tr); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
	if (preprocess.Transform{{}}).Check(2) == nil || (preprocess.Transform{{Kind: "x"}}).Check(1) == nil {
		t.Error("a transform of another table was accepted")
	}
}
