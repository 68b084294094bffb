package tune

import (
	"math"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// atom is what is expected of an Atom.
type atom struct {
	query     string
	op        Op
	threshold float64
	text      string // what is edited
}

func atoms(f Form) []atom {
	var out []atom
	for _, a := range f.Atoms {
		out = append(out, atom{a.Query, a.Op, a.Threshold, f.Expr[a.Start:a.End]})
	}
	return out
}

func TestSplit(t *testing.T) {
	for name, c := range map[string]struct {
		expr string
		want []atom
	}{
		"a plain comparison":           {`m > 5`, []atom{{`m`, Above, 5, "5"}}},
		"odd spacing and comments":     {"  m{a=\"> 7\"}\n# over 6\n>=\n  0.50 ", []atom{{`m{a="> 7"}`, AtLeast, 0.5, "0.50"}}},
		"the constant on the left":     {`5 > m`, []atom{{`m`, Below, 5, "5"}}},
		"a negative constant":          {`m < - 5`, []atom{{`m`, Below, -5, "- 5"}}},
		"a number in hexadecimal":      {`m > 0x1F`, []atom{{`m`, Above, 31, "0x1F"}}},
		"a duration as a number":       {`m > 5m`, []atom{{`m`, Above, 300, "5m"}}},
		"in parentheses":               {`((m > (5)))`, []atom{{`m`, Above, 5, "5"}}},
		"arithmetic around the vector": {`m * 100 > 90`, []atom{{`m * 100`, Above, 90, "90"}}},
		"an aggregation over a filter": {`count(up == 0) by (job) > 3`, []atom{{`count by (job) (up == 0)`, Above, 3, "3"}}},
		"a product":                    {`m > 14.4 * 0.001`, []atom{{`m`, Above, 0.014400000000000001, "14.4"}}},
		"a product in parentheses":     {`m > (14.4 * (1 - 0.999))`, []atom{{`m`, Above, 0.014400000000000013, "14.4"}}},
		"units of time":                {`m < 86400 * 21`, []atom{{`m`, Below, 86400 * 21, "21"}}},
		"nothing but units":            {`m > 24 * 60 * 60`, []atom{{`m`, Above, 86400, "24"}}},
		"a quotient":                   {`m > 80 / 100`, []atom{{`m`, Above, 0.8, "80"}}},
		"a difference":                 {`m < 1 - 0.95`, []atom{{`m`, Below, 0.050000000000000044, "0.95"}}},
		"two that must both hold": {
			`a > 1 and b < 2`,
			[]atom{{`(a) and (b < 2)`, Above, 1, "1"}, {`(b) and (a > 1)`, Below, 2, "2"}},
		},
		"a condition that applies to some labels only": {
			`a > 1 and on (x) b > 2`,
			[]atom{
				{`(a) and on (x) (b > 2)`, Above, 1, "1"},
				{`max by (x) (b) * on (x) group_right () group without () (a > 1)`, Above, 2, "2"},
			},
		},
		"an exception": {
			`a > 1 unless b < 2`,
			[]atom{
				{`(a) unless (b < 2)`, Above, 1, "1"},
				{
					`min without () ((b) < +Inf) * ignoring () group_right () group without () (a > 1) or +Inf * group without () (a > 1)`,
					AtLeast, 2, "2",
				},
			},
		},
		"either of two": {
			`a <= 199 or a >= 400`,
			[]atom{
				{`-Inf * group without () (a >= 400) or max without () (a)`, AtMost, 199, "199"},
				{`+Inf * group without () (a <= 199) or max without () (a)`, AtLeast, 400, "400"},
			},
		},
		"between two": {
			`5 < m < 10`,
			[]atom{{`(m) < (10)`, Above, 5, "5"}, {`5 < m`, Below, 10, "10"}},
		},
		"an equality beside": {`a > 1 and b == 0`, []atom{{`(a) and (b == 0)`, Above, 1, "1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Split(c.expr)
			require.NoError(t, err)
			assert.Equal(t, c.want, atoms(f))
			for _, a := range f.Atoms {
				_, err := promqlParser().ParseExpr(a.Query)
				require.NoError(t, err, a.Query)
				assert.Equal(t, a.Threshold, a.ThresholdOf(a.Written))
			}
			same, err := f.With(written(f)...)
			require.NoError(t, err)
			assert.Equal(t, c.expr, same)
		})
	}
}

func written(f Form) []float64 {
	var out []float64
	for _, a := range f.Atoms {
		out = append(out, a.Written)
	}
	return out
}

func TestWhatHasNoThreshold(t *testing.T) {
	for name, c := range map[string]struct{ expr, why string }{
		"no comparison":                     {`absent(up)`, ""},
		"a recorded condition":              {`sum(ALERTS{a="b"})`, ""},
		"an equality":                       {`up == 0`, "no threshold to move"},
		"an inequality":                     {`up != 1`, "no threshold to move"},
		"two vectors":                       {`a > b`, "both sides are vectors"},
		"two vectors by labels":             {`a > on (x) group_left () b`, "both sides are vectors"},
		"two scalars":                       {`time() > bool 5`, "both sides are vectors, or none is"},
		"bool":                              {`a > bool 5`, "bool makes it"},
		"a scalar that moves":               {`a > scalar(b)`, "not constant"},
		"an infinite constant":              {`a > +Inf`, "not finite"},
		"a division by nothing":             {`a > 1 / 0`, "not finite"},
		"a power":                           {`a > 2 ^ 10`, "no number in the constant"},
		"either by some labels":             {`a > 1 or on (x) b > 2`, "lets one alert come"},
		"a comparison of the other's value": {`(a == 0 or b > 2) > 3 unless c`, ""},
		"inside of an aggregation":          {`sum(a > 5)`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Split(c.expr)
			if name == "a comparison of the other's value" {
				require.NoError(t, err)
				assert.Len(t, f.Atoms, 1)
				assert.Len(t, f.Fixed, 2)
				return
			}
			require.ErrorIs(t, err, ErrNoThreshold)
			assert.Equal(t, c.expr, f.Expr)
			if c.why == "" {
				assert.Empty(t, f.Fixed)
				return
			}
			require.NotEmpty(t, f.Fixed)
			assert.Contains(t, f.Fixed[0].Why, c.why)
			same, err := f.With()
			require.NoError(t, err)
			assert.Equal(t, c.expr, same)
		})
	}
}

func TestSplitRefuses(t *testing.T) {
	_, err := Split(`a >`)
	require.ErrorContains(t, err, "parse expression")
	_, err = Split(strings.Repeat("a", maxExpr+1))
	require.ErrorContains(t, err, "longer than")
}

func TestWith(t *testing.T) {
	for name, c := range map[string]struct {
		expr    string
		written []float64
		want    string
	}{
		"a fraction":                   {"m  >5 # why", []float64{0.72}, "m  >0.72 # why"},
		"a negative number":            {`m>5`, []float64{-5}, `m>-5`},
		"a negative number turned":     {`m > - 5`, []float64{5}, `m > 5`},
		"a large number":               {`m > 5e6`, []float64{1.4e7}, `m > 14000000`},
		"a very large number":          {`m > 5`, []float64{1e21}, `m > 1e+21`},
		"a duration":                   {`m > 5m`, []float64{600}, `m > 10m`},
		"a duration and a bit":         {`m > 5m`, []float64{0.25}, `m > 0.25`},
		"a factor":                     {`m > 14.4 * 0.001`, []float64{20}, `m > 20 * 0.001`},
		"one of two":                   {`a >  1 or b <  2`, []float64{1, 3}, `a >  1 or b <  3`},
		"both":                         {`a >  1 or b <  2`, []float64{10, 30}, `a >  10 or b <  30`},
		"what looks alike in a string": {`m{a="5 > 5"} > 5`, []float64{6}, `m{a="5 > 5"} > 6`},
		"behind letters of two bytes":  {`m{a="é"} > 5`, []float64{6}, `m{a="é"} > 6`},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Split(c.expr)
			require.NoError(t, err)
			got, err := f.With(c.written...)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
	f, err := Split(`m > 5`)
	require.NoError(t, err)
	for _, bad := range [][]float64{{}, {1, 2}, {math.NaN()}, {math.Inf(1)}} {
		_, err := f.With(bad...)
		require.Error(t, err)
	}
	f, err = Split(`m > 5 * 7`)
	require.NoError(t, err)
	_, err = f.With(math.MaxFloat64)
	require.ErrorContains(t, err, "write thresholds", "the product would be infinite")
}

func TestAtomRounds(t *testing.T) {
	for name, c := range map[string]struct {
		expr               string
		lo, hi             float64
		written, threshold float64
	}{
		"a plain number": {`m > 5`, 0.7134, 0.7291, 0.72, 0.72},
		"a product":      {`m > 14.4 * 0.001`, 0.0171, 0.0212, 20, 20 * 0.001},
		"days":           {`m < 86400 * 21`, 86400 * 13.2, 86400 * 15.9, 15, 86400 * 15},
		"one minus":      {`m < 1 - 0.95`, 0.012, 0.0234, 0.98, 0.020000000000000018},
		"the same":       {`m > 5`, 5.125, 5.125, 5.125, 5.125},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Split(c.expr)
			require.NoError(t, err)
			written, threshold, ok := f.Atoms[0].Round(c.lo, c.hi)
			require.True(t, ok)
			assert.Equal(t, c.written, written)
			assert.Equal(t, c.threshold, threshold)
		})
	}
}

// FuzzSplit holds the edits to what they promise for any text: they change the
// number and nothing else, and they read back as what was asked for.
func FuzzSplit(f *testing.F) {
	for _, expr := range []string{
		`m > 5`, `5 > m`, `m < - 5`, `a > 14.4 * (1 - 0.999) and on (x) b <= 5m`, `a > 1 unless (b < 2 or c >= 0x1F)`, `1 < m < 2`,
		"m # x > 1\n> 2", `{"é"} > 1e3`, `a offset 5m > 1`, `min_over_time((a > 5)[10m:1m]) < 7`,
	} {
		f.Add(expr, 3.5)
	}
	f.Fuzz(func(t *testing.T, expr string, v float64) {
		form, err := Split(expr)
		if err != nil {
			return
		}
		numbers := written(form)
		for i, a := range form.Atoms {
			if _, err := promqlParser().ParseExpr(a.Query); err != nil {
				t.Fatalf("query %s: %v", a.Query, err)
			}
			with := append(append(append([]float64{}, numbers[:i]...), v), numbers[i+1:]...)
			got, err := form.With(with...)
			if err != nil || v == a.Written {
				continue
			}
			require.True(t, strings.HasPrefix(got, expr[:a.Start]) && strings.HasSuffix(got, expr[a.End:]))
			number, err := promqlParser().ParseExpr(got[a.Start : len(got)-len(expr)+a.End])
			require.NoError(t, err)
			require.Equal(t, v, number.(*parser.NumberLiteral).Val)
		}
	})
}
