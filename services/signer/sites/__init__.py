"""Cards in readers of sites: orders wait here until the agent that holds the card's lease takes and answers them."""
