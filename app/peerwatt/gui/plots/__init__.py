"""Plots: data is cut to pixel width off the window's thread, painting stays cheap."""
