package main

import "testing"

func TestCountFlag(t *testing.T) {
	var c count
	for text, want := range map[string]count{"1": 1, "250000": 250000, "2.5e5": 250000, "1e9": 1e9, "1099511627776": maxPoints} {
		if err := c.Set(text); err != nil || c != want {
			t.Errorf("%q is read as %d, %v", text, c, err)
		}
	}
	for _, bad := range []string{"", "0", "-1", "1.5", "nan", "inf", "1e13", "ten"} {
		if err := c.Set(bad); err == nil {
			t.Errorf("%q is read as %d", bad, c)
		}
	}
}

func TestQuoted(t *testing.T) {
	got := quoted([]string{"run", "my run.toml", "--out=a/b-1", "it's", ""})
	if want := `run 'my run.toml' --out=a/b-1 'it'\''s' ''`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
