"""What an operator asks: health, figures, copies of the store."""
