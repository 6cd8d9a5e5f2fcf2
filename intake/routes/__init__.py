"""What the intake's own address answers beside `/v1/events`: who it is, what it takes, how its streams are configured."""
