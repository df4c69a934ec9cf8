"""Live AWS accounts, read through boto3: the same resources, in the same shape, as a template has."""
