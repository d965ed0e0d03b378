package bibae

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// Settings survive a configuration file.
func TestTOML(t *testing.T) {
	type file struct {
		Network  Config   `toml:"network"`
		Training Training `toml:"training"`
	}
	for _, want := range []file{{Full(), FullTraining()}, {Small(), SmallTraining()}} {
		var b bytes.Buffer
		if err := toml.NewEncoder(&b).Encode(want); err != nil {
			t.Fatal(err)
		}
		var got file
		if err := toml.NewDecoder(&b).DisallowUnknownFields().Decode(&got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
