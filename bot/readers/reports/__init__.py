"""Reports that CI leaves as artifacts: cases of tests, and the lines that they ran."""
