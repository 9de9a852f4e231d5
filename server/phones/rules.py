"""Which number comes next, who answers, and what is wrong with the numbers. Pure."""
