"""What runs inside the containers beside the services themselves: set-up, health checks, test calls."""
