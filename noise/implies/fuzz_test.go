package implies

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzNormalise: no text makes it panic, the normal text is its own normal text,
// is PromQL, and gives the same result; and a condition proves itself.
func FuzzNormalise(f *testing.F) {
	for _, seed := range []string{
		`5 < x`, `sum by (b, a) (rate(x{b="1",a=~"c|b"}[60s])) / 2 > 1 + 1`, `-x ^ -2`, `absent(x{a="1",a!="2"})`,
		`{__name__="sum"} > 0x1p-1074`, `{"a.b", c=~".*"} @ 1.5 offset -5m`, `timestamp(+x)`, `x{a=~"(?i)b"} == nan`,
		`a * on (b, a) group_left (c) b`, `max_over_time((x > 1)[1h:])`, `x and on () vector(1)`, `count_values("__name__", x)`,
		`label_replace(x, "__name__", "$1", "a", "(.*)")`, `1 > bool 2`, `-0 * x`, `x{a=~"a|b|",b!~"c"}`, `info(x, {a="b"})`,
	} {
		f.Add(seed)
	}
	engine := newEngine()
	d := randomData(rand.New(rand.NewPCG(5, 5)))
	f.Fuzz(func(t *testing.T, expr string) {
		normal, err := Normalise(expr)
		if err != nil {
			require.Empty(t, normal)
			return
		}
		again, err := Normalise(normal)
		require.NoError(t, err)
		require.Equal(t, normal, again)
		Impossible(expr)
		Always(expr)
		e, err := parse(expr)
		require.NoError(t, err)
		if isVector(e) && !unsteady(e, false) && len(expr) < 300 {
			require.Equal(t, Equal, Prove(Condition{Expr: expr}, Condition{Expr: normal}).Verdict)
			want, wantOK := evaluateEach(t, engine, d, expr)
			got, gotOK := evaluateEach(t, engine, d, normal)
			require.Equal(t, wantOK, gotOK)
			require.Equal(t, want, got)
		}
	})
}

// FuzzPreimage holds the sets that comparisons of arithmetic come to against the
// arithmetic itself, on the edges of the sets above all.
func FuzzPreimage(f *testing.F) {
	f.Add(100.0, 90.0, 0.9, uint8(2), uint8(0))
	f.Add(-0.1, 0.3, 3.0, uint8(3), uint8(1))
	f.Fuzz(func(t *testing.T, c, limit, x float64, op, comparison uint8) {
		ops := []parser.ItemType{parser.ADD, parser.SUB, parser.MUL, parser.DIV}
		comparisons := []parser.ItemType{parser.GTR, parser.GTE, parser.LSS, parser.LTE, parser.EQLC, parser.NEQ}
		o, in := ops[op%4], compared(comparisons[comparison%6], limit)
		m, ok := arithmetic(o, c, op >= 128)
		if !ok {
			return
		}
		s := m.preimage(in)
		points := []float64{x, infinity, -infinity, 0}
		for _, p := range s.spans {
			points = append(points, p.lo, p.hi, next(p.hi), previous(p.lo))
		}
		for _, x := range points {
			if math.IsNaN(x) {
				continue
			}
			l, r := x, c
			if op >= 128 {
				l, r = c, x
			}
			y, _ := fold(o, l, r)
			assert.Equal(t, in.has(y), s.has(x), "%v %v %v = %v", l, o, r, y)
		}
		assert.Equal(t, in.nan, s.nan)
	})
}

// FuzzMatchers: what is said of matchers holds for label values.
func FuzzMatchers(f *testing.F) {
	f.Add("a|b", "b|a", "a", uint8(2), uint8(2))
	f.Add("", ".+", "x", uint8(1), uint8(2))
	f.Fuzz(func(t *testing.T, one, other, value string, kind, otherKind uint8) {
		a, err := labels.NewMatcher(labels.MatchType(kind%4), "l", one)
		if err != nil {
			return
		}
		b, err := labels.NewMatcher(labels.MatchType(otherKind%4), "l", other)
		if err != nil {
			return
		}
		both := []*labels.Matcher{a, b}
		_, void := contradictory(both)
		narrower := narrows([]*labels.Matcher{a}, b)
		for _, v := range append(append(a.SetMatches(), b.SetMatches()...), value, "", one, other) {
			require.Equal(t, a.Matches(v), normalMatcher(a).Matches(v), "%s: %q", a, v)
			require.False(t, void && admits(both, v), "%s %s: %q", a, b, v)
			require.False(t, narrower && a.Matches(v) && !b.Matches(v), "%s %s: %q", a, b, v)
		}
	})
}

func TestSets(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	random := func() set {
		s := set{}
		for range r.IntN(4) {
			pool := append(readings(), 7, 8)
			lo, hi := pool[r.IntN(len(pool))], pool[r.IntN(len(pool))]
			s = s.union(between(lo, hi))
		}
		s.nan, s.hist = r.IntN(2) == 0, r.IntN(2) == 0
		return s
	}
	for range 5000 {
		a, b := random(), random()
		require.True(t, a.complement().complement().equal(a))
		within := true
		for _, x := range append(readings(), 7, 7.5) {
			if math.IsNaN(x) {
				continue
			}
			require.Equal(t, a.has(x) && b.has(x), a.intersect(b).has(x))
			require.Equal(t, a.has(x) || b.has(x), a.union(b).has(x))
			require.Equal(t, !a.has(x), a.complement().has(x))
			within = within && (!a.has(x) || b.has(x))
		}
		require.False(t, a.within(b) && !within)
		require.Equal(t, a.within(b) && b.within(a), a.equal(b))
	}
}
