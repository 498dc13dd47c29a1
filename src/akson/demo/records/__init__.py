"""What each citizen's record holds on the day when the demo begins: one file a person, one function a node."""
