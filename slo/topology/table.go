package topology

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// columns are those of the worksheet, in order.
var columns = []string{
	"ID", "Component", "Failure mode", "Effect", "S", "Severity", "O", "Occurrence", "D", "Detection",
	"Risk", "Priority", "Alert", "What to do", "Owner", "Note",
}

// Bounds of a worksheet that is read.
const (
	maxSheet = 8 << 20 // bytes
	maxRows  = 20_000
	maxCell  = 4000 // bytes
)

// cells are the row as text.
func (r Row) cells() []string {
	rating := func(v Rating) string {
		if v == 0 {
			return askRate
		}
		return strconv.Itoa(int(v))
	}
	risk := askRate
	if n := r.Risk(); n > 0 {
		risk = strconv.Itoa(n)
	}
	return []string{
		r.ID, r.Component, r.Mode, r.Effect, rating(r.Severity), r.WhySeverity, rating(r.Occurrence), r.WhyOccurrence,
		rating(r.Detection), r.WhyDetection, risk, string(r.Priority()), r.Alert, r.Do, r.Owner, r.Note,
	}
}

// rowOf is the row of cells by column. Risk and priority follow from the ratings.
func rowOf(cell map[string]string) Row {
	rating := func(column string) Rating {
		n, err := strconv.Atoi(cell[column])
		if err != nil || n < 1 || n > 10 {
			return 0
		}
		return Rating(n)
	}
	return Row{
		ID: cell["ID"], Component: cell["Component"], Mode: cell["Failure mode"], Effect: cell["Effect"],
		Severity: rating("S"), WhySeverity: cell["Severity"], Occurrence: rating("O"), WhyOccurrence: cell["Occurrence"],
		Detection: rating("D"), WhyDetection: cell["Detection"], Alert: cell["Alert"], Do: cell["What to do"],
		Owner: cell["Owner"], Note: cell["Note"],
	}
}

// WriteCSV writes a worksheet. A cell that a spreadsheet would run as a formula
// begins with an apostrophe.
func WriteCSV(w io.Writer, rows []Row) error {
	out := csv.NewWriter(w)
	records := [][]string{columns}
	for _, r := range rows {
		cells := r.cells()
		for i, c := range cells {
			cells[i] = guarded(plain(c))
		}
		records = append(records, cells)
	}
	if err := out.WriteAll(records); err != nil {
		return fmt.Errorf("write the worksheet: %w", err)
	}
	return nil
}

// formula is how a cell begins that a spreadsheet takes for one, and the guard.
const formula = "=+-@'"

func guarded(cell string) string {
	if cell != "" && strings.Contains(formula, cell[:1]) {
		return "'" + cell
	}
	return cell
}

func unguarded(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.Contains(formula, cell[1:2]) {
		return cell[1:]
	}
	return cell
}

// ReadCSV reads a worksheet that people may have edited. Columns are found by name;
// ID has to be there.
func ReadCSV(text []byte) ([]Row, error) {
	if len(text) > maxSheet {
		return nil, fmt.Errorf("read the worksheet: over %d bytes", maxSheet)
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the worksheet: %w", err)
	}
	if !slices.Contains(header, "ID") {
		return nil, errors.New("read the worksheet: line 1: want a header with the column ID")
	}
	sheet := sheet{header: header}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return sheet.rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the worksheet: %w", err)
		}
		line, _ := in.FieldPos(0)
		for i := range record {
			record[i] = unguarded(record[i])
		}
		if err := sheet.add(line, record); err != nil {
			return nil, err
		}
	}
}

// sheet gathers the rows of a table.
type sheet struct {
	header []string
	rows   []Row
	seen   map[string]int // line by ID
}

func (s *sheet) add(line int, record []string) error {
	cell := map[string]string{}
	for i, c := range record {
		if len(c) > maxCell {
			return fmt.Errorf("read the worksheet: line %d: a cell of over %d bytes", line, maxCell)
		}
		if i < len(s.header) {
			cell[s.header[i]] = plain(c)
		}
	}
	row := rowOf(cell)
	if row.ID == "" {
		return nil // an empty line of a spreadsheet
	}
	if first, twice := s.seen[row.ID]; twice {
		return fmt.Errorf("read the worksheet: line %d: ID %.100q is there twice, first in line %d", line, row.ID, first)
	}
	if s.seen == nil {
		s.seen = map[string]int{}
	}
	s.seen[row.ID] = line
	s.rows = append(s.rows, row)
	if len(s.rows) > maxRows {
		return fmt.Errorf("read the worksheet: over %d rows", maxRows)
	}
	return nil
}
