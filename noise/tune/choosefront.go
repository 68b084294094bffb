package tune

import (
	"cmp"
	"slices"
)

// Point is one trade of needless episodes for incidents.
type Point struct {
	Price  float64 // of a missed incident, in units
	Chosen bool    // the one that is recommended
	Train  Sides   // together, on what it was chosen on
	// HeldOut is on the rest, where it was not.
	HeldOut Sides
}

// front is what each price gives that no other beats on both counts.
func (p *Plan) front(subjects []Subject, o ChooseOptions, f fitted) ([]Point, error) {
	tried := prices()
	if !slices.Contains(tried, f.Price) {
		tried = append(tried, f.Price)
	}
	var out []Point
	for _, price := range tried {
		c := changes(f.menus, f.problem.solve(price*f.Unit))
		pt := Point{Price: price, Chosen: price == f.Price}
		var err error
		if _, pt.Train, err = (trial{o, p.Train}).sides(subjects, c); err != nil {
			return nil, err
		}
		if _, pt.HeldOut, err = (trial{o, p.HeldOut}).sides(subjects, c); err != nil {
			return nil, err
		}
		out = append(out, pt)
	}
	return best(out), nil
}

// best leaves out points that another is at least as good as on both counts, and
// better on one; of equals the first stays. What was chosen stays in any case.
func best(points []Point) []Point {
	var out []Point
	for i, a := range points {
		beaten := slices.IndexFunc(points, func(b Point) bool { return b.beats(a) })
		equal := slices.IndexFunc(points, func(b Point) bool { return !b.beats(a) && !a.beats(b) && b.level(a) })
		chosen := slices.ContainsFunc(points, func(b Point) bool { return b.Chosen && b.level(a) })
		if a.Chosen || beaten < 0 && equal == i && !chosen {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Point) int { return cmp.Compare(a.HeldOut.After.Outside, b.HeldOut.After.Outside) })
	return out
}

func (p Point) level(o Point) bool {
	return p.HeldOut.After.Outside == o.HeldOut.After.Outside && len(p.HeldOut.Lost) == len(o.HeldOut.Lost)
}

func (p Point) beats(o Point) bool {
	return !p.level(o) && p.HeldOut.After.Outside <= o.HeldOut.After.Outside && len(p.HeldOut.Lost) <= len(o.HeldOut.Lost)
}
