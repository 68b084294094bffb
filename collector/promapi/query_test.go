package promapi

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
)

func TestRangesAreSplitAtTheirSteps(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		points int
		step   time.Duration
		rest   time.Duration // beyond the last step
		parts  int
	}{
		"one point":              {1, time.Second, 0, 1},
		"one point and a bit":    {1, time.Minute, 59 * time.Second, 1},
		"just one request":       {mostPoints, time.Second, 0, 1},
		"one point more":         {mostPoints + 1, time.Second, 0, 2},
		"ends between steps":     {mostPoints, time.Minute, time.Second, 1},
		"many requests":          {3*mostPoints + 7, 15 * time.Second, time.Second, 4},
		"steps of a millisecond": {25_000, time.Millisecond, 0, 3},
		"steps of a month":       {300, 30 * 24 * time.Hour, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := collector.Range{From: time.Unix(7, 0), Step: tc.step}
			r.To = r.From.Add(time.Duration(tc.points-1)*tc.step + tc.rest)
			parts := split(r)
			require.Len(t, parts, tc.parts)
			next, n := r.From, 0
			for _, p := range parts {
				require.Equal(t, next, p.From)
				own := int(p.To.Sub(p.From)/p.Step) + 1
				require.LessOrEqual(t, own, mostPoints)
				require.Equal(t, p.From.Add(time.Duration(own-1)*p.Step), p.To)
				n, next = n+own, p.To.Add(p.Step)
			}
			require.Equal(t, tc.points, n)
		})
	}
}

func TestSplitRangesGiveThePointsOfOne(t *testing.T) {
	t.Parallel()
	p := newPrometheus(t)
	for i := range 50 {
		p.add(t, noon.Add(time.Duration(i)*20*time.Minute), float64(i), "__name__", "m", "a", strconv.Itoa(i/20))
	}
	c := serve(t, p.ServeHTTP)
	r := collector.Range{From: noon, To: noon.Add(50 * 20 * time.Minute), Step: 2 * time.Second}
	got, err := c.QueryRange(context.Background(), `m`, r)
	require.NoError(t, err)
	require.Greater(t, len(split(r)), 2)

	var want []collector.Series
	for series := range 3 {
		want = append(want, collector.Series{Labels: labels.FromStrings("__name__", "m", "a", strconv.Itoa(series))})
	}
	for at := r.From; !at.After(r.To); at = at.Add(r.Step) {
		for i := range 50 { // a sample counts for five minutes, its own instant included
			age := at.Sub(noon.Add(time.Duration(i) * 20 * time.Minute))
			if age >= 0 && age < 5*time.Minute {
				want[i/20].Points = append(want[i/20].Points, collector.Point{T: at.UnixMilli(), V: float64(i)})
			}
		}
	}
	require.Equal(t, want, got.Series)
}

func TestSeriesComeInTheOrderOfTheirLabels(t *testing.T) {
	t.Parallel()
	c := serve(t, says(200, `{"status":"success","data":{"resultType":"matrix","result":[
		{"metric":{"b":"1"},"values":[[1,"1"]]},{"metric":{"a":"2"},"values":[[1,"2"]]},{"metric":{},"values":[[1,"3"]]}]}}`))
	got, err := c.QueryRange(context.Background(), "m", collector.Range{From: time.Unix(1, 0), To: time.Unix(1, 0), Step: time.Second})
	require.NoError(t, err)
	var order []string
	for _, s := range got.Series {
		order = append(order, s.Labels.String())
	}
	require.Equal(t, []string{`{}`, `{a="2"}`, `{b="1"}`}, order)
}

func TestRangesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("nothing should be asked") })
	for name, r := range map[string]collector.Range{
		"no step":                  {From: time.Unix(1, 0), To: time.Unix(2, 0)},
		"step under a millisecond": {From: time.Unix(1, 0), To: time.Unix(2, 0), Step: time.Microsecond},
		"ends before it begins":    {From: time.Unix(3, 0), To: time.Unix(2, 0), Step: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.QueryRange(context.Background(), "m", r)
			require.ErrorContains(t, err, `evaluate "m": `)
		})
	}
}

func TestInstantQueries(t *testing.T) {
	t.Parallel()
	one := func(v float64) []collector.Series {
		return []collector.Series{{Points: []collector.Point{{T: 1500, V: v}}}}
	}
	vector := func(v string) string {
		return `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1.5,"` + v + `"]}]}}`
	}
	for name, tc := range map[string]struct {
		body string
		want []collector.Series
	}{
		"nothing":            {nothing, nil},
		"result is null":     {`{"status":"success","data":{"resultType":"vector","result":null}}`, nil},
		"a value":            {vector("2.5e-3"), one(0.0025)},
		"infinite":           {vector("+Inf"), one(math.Inf(1))},
		"minus infinite":     {vector("-Inf"), one(math.Inf(-1))},
		"too large a number": {vector("1e999"), one(math.Inf(1))},
		"a scalar":           {`{"status":"success","data":{"resultType":"scalar","result":[1.5,"7"]}}`, one(7)},
		"a string":           {`{"status":"success","data":{"resultType":"string","result":[1.5,"seven"]}}`, nil},
		"data before status": {`{"data":{"result":[{"value":[1.5,"7"],"metric":{}}],"resultType":"vector"},"status":"success"}`, one(7)},
		"unknown fields":     {`{"x":{"y":[1,{"z":null}]},"status":"success","data":{"stats":{},"resultType":"vector","result":[{"metric":{},"value":[1.5,"7"],"q":1}]}}`, one(7)},
		"a native histogram": {`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1.5,{"count":"1","buckets":[[0,"1","2","3"]]}]}]}}`, []collector.Series{{}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := serve(t, says(200, tc.body)).Query(context.Background(), "m", time.Unix(1, 0))
			require.NoError(t, err)
			require.Equal(t, tc.want, got.Series)
		})
	}
	t.Run("not a number", func(t *testing.T) {
		t.Parallel()
		got, err := serve(t, says(200, vector("NaN"))).Query(context.Background(), "m", time.Unix(1, 0))
		require.NoError(t, err)
		require.True(t, math.IsNaN(got.Series[0].Points[0].V))
	})
}

func TestOnlyWarningsMakeAResultDoubtful(t *testing.T) {
	t.Parallel()
	c := serve(t, says(200, `{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["no\nstore"],"infos":["metric might not be a counter"]}`))
	got, err := c.QueryRange(context.Background(), "m", collector.Range{From: time.Unix(0, 0), To: time.Unix(30_000, 0), Step: time.Second})
	require.NoError(t, err)
	require.Equal(t, []string{"no store"}, got.Warnings)
}

func TestOneFailedPartFailsTheRange(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("start") != "0" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		_, _ = w.Write([]byte(nothing))
	})
	got, err := c.QueryRange(context.Background(), "m", collector.Range{From: time.Unix(0, 0), To: time.Unix(30_000, 0), Step: time.Second})
	require.ErrorContains(t, err, "422")
	require.Zero(t, got)
}

func TestTimesAreExactToTheMillisecond(t *testing.T) {
	t.Parallel()
	for _, ms := range []int64{0, 1, 999, 1794700799999, 1794700800001, 253402300799999} {
		into := []int64{}
		_, err := decodeQuery(vectorAt(ms), func(labels.Labels) func(int64, float64) {
			return func(ts int64, _ float64) { into = append(into, ts) }
		})
		require.NoError(t, err)
		require.Equal(t, []int64{ms}, into)
	}
}
