"""Sources: each delivers resources in CloudFormation shape."""
