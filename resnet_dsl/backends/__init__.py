"""What is made of a network: code, diagrams, reports. Each backend reads the graph only."""
