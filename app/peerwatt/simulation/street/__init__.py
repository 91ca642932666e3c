"""The street's other side: who runs the chain, meters, clears, asks for flexibility, and trades."""
