"""From hits to what people and programs read."""
