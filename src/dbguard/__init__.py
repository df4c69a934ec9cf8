"""A linter for AWS databases, in CloudFormation templates and in live accounts."""

__version__ = "0.1.0"
