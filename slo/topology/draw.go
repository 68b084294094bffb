package topology

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"
)

// label is what a line says: nothing for a hard dependency on one other.
func (d Dependency) label() string {
	var parts []string
	if d.Redundant() {
		parts = append(parts, fmt.Sprintf("%d of %d", d.Needs, len(d.On)))
	}
	if d.Share < 1 {
		parts = append(parts, ShareText(d.Share))
	}
	return strings.Join(parts, ", ")
}

// caption is what a box says below the name.
func (v View) caption(i int) (lines []string, broken bool) {
	a := v.Attainable[i]
	kept, promised := a.Kept()
	switch {
	case !promised && len(v.Graph.components[i].DependsOn) == 0:
		return []string{"expected: ?"}, false
	case !promised:
		return []string{"at best " + LevelText(a.Level)}, false
	case !kept:
		return []string{"wants " + TargetText(a.Target.Value), "at best " + LevelText(a.Level)}, true
	case len(v.Graph.components[i].DependsOn) == 0:
		return []string{"expected " + TargetText(a.Target.Value)}, false
	}
	return []string{"wants " + TargetText(a.Target.Value), "at best " + LevelText(a.Level)}, false
}

// WriteMermaid writes the graph as a Mermaid flowchart.
func (v View) WriteMermaid(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("flowchart TD\n")
	text := strings.NewReplacer(`"`, "#quot;", "<", "#lt;", ">", "#gt;", "&", "#amp;", "#", "#35;", "`", "#96;").Replace
	for i, c := range v.Graph.components {
		lines, broken := v.caption(i)
		left, right := "[", "]"
		switch c.Kind {
		case KindProvider:
			left, right = "([", "])"
		case KindComponent:
			left, right = "[[", "]]"
		case KindService:
		}
		fmt.Fprintf(&b, "  n%d%s\"%s<br/>%s\"%s\n", i, left, text(plain(c.Name)), strings.Join(lines, "<br/>"), right)
		if broken {
			fmt.Fprintf(&b, "  class n%d broken\n", i)
		}
	}
	for _, e := range v.Graph.lines() {
		arrow := "-->"
		if e.dep.label() != "" {
			arrow = "-.->|" + e.dep.label() + "|"
		}
		fmt.Fprintf(&b, "  n%d %s n%d\n", e.from, arrow, e.to)
	}
	b.WriteString("  classDef broken stroke:#c62828,stroke-width:3px\n")
	_, err := w.Write(b.Bytes())
	return err
}

// WriteDOT writes the graph for Graphviz.
func (v View) WriteDOT(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("digraph topology {\n  rankdir=TB;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n")
	text := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace
	for i, c := range v.Graph.components {
		lines, broken := v.caption(i)
		look := ""
		switch {
		case broken:
			look = ", color=\"#c62828\", penwidth=3"
		case c.Kind == KindProvider:
			look = ", style=\"rounded,dashed\""
		case c.Kind == KindComponent:
			look = ", style=solid"
		}
		fmt.Fprintf(&b, "  n%d [label=\"%s\\n%s\"%s];\n", i, text(plain(c.Name)), strings.Join(lines, `\n`), look)
	}
	for _, e := range v.Graph.lines() {
		look := ""
		if l := e.dep.label(); l != "" {
			look = fmt.Sprintf(" [label=\"%s\", style=dashed]", l)
		}
		fmt.Fprintf(&b, "  n%d -> n%d%s;\n", e.from, e.to, look)
	}
	b.WriteString("}\n")
	_, err := w.Write(b.Bytes())
	return err
}

// The measures of the drawing, in units of which 400 are its width.
const (
	drawWidth  = 400
	boxWidth   = 120
	boxHeight  = 54
	boxGap     = 10
	rowGap     = 46
	topMargin  = 12
	legendSize = 66
	nameLength = 19
	nameRoomy  = 14 // a longer name is written smaller
)

// drawStyle follows the reader's choice of light or dark.
const drawStyle = `
.burnish-topology{--ink:#1c1f24;--quiet:#5b636e;--paper:#fff;--box:#f3f5f8;--line:#7a8594;--bad:#b3261e;max-width:640px;width:100%;height:auto;font-family:system-ui,sans-serif}
@media (prefers-color-scheme:dark){.burnish-topology{--ink:#e8eaed;--quiet:#a9b1bc;--paper:#14171b;--box:#22272e;--line:#7f8b99;--bad:#ff8a80}}
.burnish-topology .paper{fill:var(--paper)}
.burnish-topology .box{fill:var(--box);stroke:var(--line);stroke-width:1}
.burnish-topology .provider{stroke-dasharray:5 3}
.burnish-topology .broken{stroke:var(--bad);stroke-width:2.5}
.burnish-topology text{fill:var(--ink);font-size:11px;text-anchor:middle}
.burnish-topology .name{font-size:12px;font-weight:600}
.burnish-topology .long{font-size:10.5px}
.burnish-topology .alarm{fill:var(--bad);font-weight:600}
.burnish-topology .edge{fill:none;stroke:var(--line);stroke-width:1.3}
.burnish-topology .soft{stroke-dasharray:4 3}
.burnish-topology .label{fill:var(--quiet);font-size:10px;paint-order:stroke;stroke:var(--paper);stroke-width:3px}
.burnish-topology .legend{fill:var(--quiet);font-size:10.5px;text-anchor:start}
`

// point is the left upper corner of a box.
type point struct{ x, y float64 }

// WriteSVG draws the graph: layers from top to bottom, at most three boxes side by
// side, so that it can be read at a width of 400 pixels. The same graph gives the
// same bytes.
func (v View) WriteSVG(w io.Writer) error { return v.drawing(w, drawStyle) }

// WriteDrawing draws it for a page that brings the style: the classes are those that
// WriteSVG's own style names.
func (v View) WriteDrawing(w io.Writer) error { return v.drawing(w, "") }

func (v View) drawing(w io.Writer, style string) error {
	rows := v.Graph.rows()
	at := make([]point, len(v.Graph.components))
	y := float64(topMargin)
	for _, row := range rows {
		x := (drawWidth - float64(len(row))*boxWidth - float64(len(row)-1)*boxGap) / 2
		for _, i := range row {
			at[i] = point{x, y}
			x += boxWidth + boxGap
		}
		y += boxHeight + rowGap
	}
	height := y - rowGap + 14
	var b bytes.Buffer
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"burnish-topology\" viewBox=\"0 0 %d %s\" role=\"img\" aria-labelledby=\"topology-title topology-desc\">\n",
		drawWidth, short2(height+legendSize))
	fmt.Fprintf(&b, "<title id=\"topology-title\">What depends on what</title>\n<desc id=\"topology-desc\">%s</desc>\n", html.EscapeString(v.spoken()))
	if style != "" {
		fmt.Fprintf(&b, "<style>%s</style>\n", style)
	}
	fmt.Fprintf(&b, "<rect class=\"paper\" width=\"%d\" height=\"%s\"/>\n", drawWidth, short2(height+legendSize))
	v.drawEdges(&b, newPlan(rows, at))
	for i := range at {
		v.drawBox(&b, i, at[i])
	}
	drawLegend(&b, height)
	b.WriteString("</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// spoken is the graph as sentences, for those who can't see it.
func (v View) spoken() string {
	var out []string
	for _, c := range v.Graph.components {
		var on []string
		for _, d := range c.DependsOn {
			text := strings.Join(d.On, " or ")
			if l := d.label(); l != "" {
				text += " (" + l + ")"
			}
			on = append(on, text)
		}
		if len(on) > 0 {
			out = append(out, c.Name+" needs "+strings.Join(on, ", ")+".")
		}
	}
	return plain(strings.Join(out, " "))
}

func short2(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (v View) drawBox(b *bytes.Buffer, i int, at point) {
	c := v.Graph.components[i]
	lines, broken := v.caption(i)
	class := "box"
	if c.Kind == KindProvider {
		class += " provider"
	}
	if broken {
		class += " broken"
	}
	radius := 8
	if c.Kind == KindComponent {
		radius = 0
	}
	fmt.Fprintf(b, "<g><title>%s</title>\n", html.EscapeString(plain(c.Name+" "+c.Title+": "+strings.Join(lines, ", "))))
	fmt.Fprintf(b, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"%d\"/>\n", class, at.x, at.y, boxWidth, boxHeight, radius)
	middle := at.x + boxWidth/2
	top := at.y + 17
	if len(lines) == 1 {
		top += 6
	}
	name := "name"
	if len([]rune(c.Name)) > nameRoomy {
		name = "name long"
	}
	fmt.Fprintf(b, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", name, middle, top, html.EscapeString(short(plain(c.Name), nameLength)))
	for k, line := range lines {
		kind := ""
		if broken && k == len(lines)-1 {
			kind, line = " class=\"alarm\"", "! "+line
		}
		fmt.Fprintf(b, "<text%s x=\"%.1f\" y=\"%.1f\">%s</text>\n", kind, middle, top+15+14*float64(k), html.EscapeString(line))
	}
	b.WriteString("</g>\n")
}

func drawLegend(b *bytes.Buffer, y float64) {
	fmt.Fprintf(b, "<path class=\"edge\" d=\"M10 %[1]sh26\"/><text class=\"legend\" x=\"42\" y=\"%[2]s\">needs it</text>\n", short2(y+10), short2(y+14))
	fmt.Fprintf(b, "<path class=\"edge soft\" d=\"M110 %[1]sh26\"/><text class=\"legend\" x=\"142\" y=\"%[2]s\">for a share of requests, or one of several</text>\n", short2(y+10), short2(y+14))
	fmt.Fprintf(b, "<rect class=\"box\" x=\"10\" y=\"%[1]s\" width=\"26\" height=\"12\" rx=\"4\"/><text class=\"legend\" x=\"42\" y=\"%[2]s\">service</text>\n", short2(y+24), short2(y+34))
	fmt.Fprintf(b, "<rect class=\"box\" x=\"110\" y=\"%[1]s\" width=\"26\" height=\"12\"/><text class=\"legend\" x=\"142\" y=\"%[2]s\">component</text>\n", short2(y+24), short2(y+34))
	fmt.Fprintf(b, "<rect class=\"box provider\" x=\"222\" y=\"%[1]s\" width=\"26\" height=\"12\" rx=\"4\"/><text class=\"legend\" x=\"254\" y=\"%[2]s\">outside provider</text>\n", short2(y+24), short2(y+34))
	fmt.Fprintf(b, "<rect class=\"box broken\" x=\"10\" y=\"%[1]s\" width=\"26\" height=\"12\" rx=\"4\"/><text class=\"legend\" x=\"42\" y=\"%[2]s\">! what it wants can't be kept on what it needs</text>\n", short2(y+44), short2(y+54))
}
