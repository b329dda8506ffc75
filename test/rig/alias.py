"""AWS::Lambda::Alias, which moto 5.2.5 does not make of a stack. What is not named in a change of the stack stays as it is, as
CloudFormation leaves it: it compares templates, not what there is."""

from moto.awslambda.models import lambda_backends
from moto.core.common_models import CloudFormationModel


class Alias(CloudFormationModel):
    __module__ = "moto.awslambda.models"  # by which moto tells the service

    def __init__(self, alias, function):
        self.alias, self.function = alias, function

    @property
    def physical_resource_id(self):
        return self.alias.arn

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "AWS::Lambda::Alias"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        p = cloudformation_json["Properties"]
        backend = lambda_backends[account_id][region_name]
        made = backend.create_alias(p["Name"], p["FunctionName"], p["FunctionVersion"], "", {})
        return cls(made, p["FunctionName"])

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        p = cloudformation_json["Properties"]
        try:
            lambda_backends[account_id][region_name].delete_alias(p["Name"], p["FunctionName"])
        except Exception:  # its function went first, and took it along
            pass

    def delete(self, account_id, region_name):
        try:
            lambda_backends[account_id][region_name].delete_alias(self.alias.name, self.function)
        except Exception:
            pass
