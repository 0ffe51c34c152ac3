"""What is read afterwards: Login History, timeline, incidents."""
