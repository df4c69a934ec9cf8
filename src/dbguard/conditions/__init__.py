"""What a policy can ask: conditions on values, and the relations between resources that they follow."""
