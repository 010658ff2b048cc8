"""What is asked about features themselves: query, identify and find."""
