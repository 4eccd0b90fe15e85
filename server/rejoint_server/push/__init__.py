"""Web push: which subscriptions there are, by which key they are reached, how a ping is sent."""
