"""Reading: values and events, each with proof from one verified block."""
