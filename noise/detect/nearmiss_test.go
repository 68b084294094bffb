package detect

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
)

func TestNearMiss(t *testing.T) {
	missed := func(margins ...float64) Input {
		in := over(exact("R", "a", 0, 1))
		in.NearMisses = []NearMiss{}
		for i, m := range margins {
			in.NearMisses = append(in.NearMisses, NearMiss{number(i), ref("R"), ChangeThreshold, 100, 100 * (1 - m), m})
		}
		return in
	}
	table{
		"within the margin":     {missed(0.1), Options{}, []string{"R"}},
		"at the margin":         {missed(0.2), Options{}, []string{"R"}},
		"beyond the margin":     {missed(0.21), Options{}, nil},
		"a margin of one's own": {missed(0.21), Options{NearMissMargin: 0.5}, []string{"R"}},
		"no margin":             {missed(math.NaN()), Options{}, nil},
		"two incidents":         {missed(0.1, 0.15), Options{}, []string{"R"}},
		"nobody looked":         {over(exact("R", "a", 0, 1)), Options{}, nil},
	}.run(t, noise.KindNearMiss)
	f := theOne(t, noise.KindNearMiss, missed(0.1, 0.15))
	assert.Equal(t, []string{"0", "1"}, f.Incidents)
	assert.Equal(t, "R would have caught 2 incidents that nobody was told of with a threshold of 85 in place of 100.", f.Title)
	assert.Nil(t, f.Saves)

	in := missed(0.1)
	in.NearMisses = append(in.NearMisses, NearMiss{"0", ref("R"), ChangeFor, 600, 540, 0.1})
	assert.Len(t, find(t, noise.KindNearMiss, in), 2, "a threshold and a for are two changes")
	assert.Contains(t, find(t, noise.KindNearMiss, in)[0].Title+find(t, noise.KindNearMiss, in)[1].Title, "for of 9m in place of 10m")
}
