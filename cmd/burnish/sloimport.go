package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/slo/spec"
)

func newSLOImport(g *globals) *cobra.Command {
	var flags specFlags
	var output string
	cmd := &cobra.Command{
		Use: "import FILES...", Short: "Convert SLOs of other tools to burnish's own format", Args: filesNeeded,
		Long: "Reads SLOs in the formats of Sloth, Pyrra, OpenSLO and slo-generator, and writes them\n" +
			"in burnish's own. What could not be carried over is listed line by line on stderr;\n" +
			"the exit code is 1 where an SLO is missing from the output. FILES may be globs; they\n" +
			"are read as one, so that references between them are followed.",
		Example: "  burnish slo import sloth/*.yml > slos.yaml\n" +
			"  burnish slo import openslo/*.yaml --output slos.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			o, err := flags.options()
			if err != nil {
				return err
			}
			files, err := readSpecFiles(args)
			if err != nil {
				return err
			}
			return g.importSLOs(files, o, output)
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&output, "output", "-", "File to write; - for standard output.")
	return cmd
}

// importSLOs writes what could be read to the output and the notes to stderr.
// That something is missing is an error, after all else was written.
func (g *globals) importSLOs(files []spec.File, o spec.Options, output string) error {
	parsed, wrong := spec.ParseAll(files, o)
	for _, n := range parsed.Notes {
		_, _ = fmt.Fprintln(g.stderr, printable(n.String()))
	}
	if len(parsed.SLOs) > 0 {
		if err := g.writeSpec(parsed, output); err != nil {
			return err
		}
	}
	refused := countRefused(parsed.Notes)
	switch {
	case wrong != nil:
		return fmt.Errorf("import SLOs: %s written; what is wrong with the others:\n%w", counted(len(parsed.SLOs), "SLO"), wrong)
	case refused > 0:
		return fmt.Errorf("import SLOs: %s written; %s could not be carried over, see the lines marked refused",
			counted(len(parsed.SLOs), "SLO"), counted(refused, "thing"))
	case len(parsed.SLOs) == 0 && len(parsed.Policies) > 0:
		return errors.New("import SLOs: there are only alert windows in these files; give the files of the SLOs beside them")
	case len(parsed.SLOs) == 0:
		return fmt.Errorf("import SLOs: no SLO in %s", counted(len(files), "file"))
	}
	return nil
}

func (g *globals) writeSpec(parsed spec.Parsed, output string) error {
	text, err := spec.Marshal(parsed.SLOs)
	if err != nil {
		return fmt.Errorf("import SLOs: %w", err)
	}
	if output == "-" {
		if _, err := g.stdout.Write(text); err != nil {
			return fmt.Errorf("write SLOs: %w", err)
		}
		return nil
	}
	err = writeFile(output, func(w io.Writer) error { _, err := w.Write(text); return err })
	if err != nil {
		return fmt.Errorf("write SLOs: %w", err)
	}
	return nil
}
