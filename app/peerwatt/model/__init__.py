"""The words of the program: frozen data types, units and ports. Standard library only, no I/O."""
