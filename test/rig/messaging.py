"""The way of a message, where moto has the parts and not the joints: subscriptions and schedules as resources of a stack
(CloudFormation resource reference, AWS::SNS::Subscription and AWS::Scheduler::Schedule), topics and queues as targets of rules (EventBridge
user guide, "Event bus targets"); moto 5.2.5 leaves the first two out, and fails at the others.
And what a function listens to, which moto only lists by the very name that the mapping was made with."""

import json

from moto.awslambda.models import LambdaBackend
from moto.core.common_models import CloudFormationModel
from moto.core.utils import iso_8601_datetime_without_milliseconds, utcfromtimestamp
from moto.events.models import Rule
from moto.scheduler import scheduler_backends
from moto.sns import sns_backends
from moto.sqs import sqs_backends

__name__ = "rig.messaging"  # moto files each class under the second part of its module's name


known = {model.cloudformation_type() for model in CloudFormationModel.__subclasses__()}


class Made:
    """A resource of a stack that stands for something another backend holds."""

    def __init_subclass__(cls):
        if cls.cloudformation_type() in known:
            raise TypeError(f"moto makes {cls.cloudformation_type()} by itself now: ours is to be taken out")

    def __init__(self, name):
        self.name = name

    @property
    def physical_resource_id(self):
        return self.name

    def is_created(self):
        return True

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        cls.delete_from_cloudformation_json(original_resource.name, cloudformation_json, account_id, region_name)
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)


class Subscription(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_name_type():
        return None

    @staticmethod
    def cloudformation_type():
        return "AWS::SNS::Subscription"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        asked = dict(cloudformation_json["Properties"])
        sns = sns_backends[account_id][region_name]
        made = sns.subscribe(asked.pop("TopicArn"), asked.pop("Endpoint"), asked.pop("Protocol"))
        for name, value in asked.items():
            sns.set_subscription_attributes(made.arn, name, json.dumps(value) if isinstance(value, dict) else value)
        return cls(made.arn)

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        sns_backends[account_id][region_name].unsubscribe(resource_name)


class Schedule(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @staticmethod
    def cloudformation_type():
        return "AWS::Scheduler::Schedule"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        asked = cloudformation_json["Properties"]
        scheduler_backends[account_id][region_name].create_schedule(
            name=resource_name, description=asked.get("Description"), schedule_expression=asked["ScheduleExpression"],
            flexible_time_window=asked["FlexibleTimeWindow"], target=asked["Target"], group_name=None, kms_key_arn=None,
            schedule_expression_timezone=None, start_date=None, end_date=None, state=None, action_after_completion=None)
        return cls(resource_name)

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        scheduler_backends[account_id][region_name].delete_schedule(None, resource_name)


send = Rule.send_to_targets


def send_to_targets(self, original_event, transform_input=True):
    targets = [t["Arn"] for t in self.targets if t["Arn"].split(":")[2] in ("sns", "sqs")]
    if not targets:
        return send(self, original_event, transform_input)
    if self.event_pattern.matches_event(original_event):
        event = {k: v for k, v in original_event.items() if k != "ingestion-time"}
        event["time"] = iso_8601_datetime_without_milliseconds(utcfromtimestamp(float(event["time"])))
        for arn in targets:
            if arn.split(":")[2] == "sns":
                sns_backends[self.account_id][self.region_name].publish(json.dumps(event), arn)
            else:  # at which moto answers HTTP 500
                sqs_backends[self.account_id][self.region_name].send_message(arn.split(":")[5], json.dumps(event))


Rule.send_to_targets = send_to_targets


mappings = LambdaBackend.list_event_source_mappings


def list_event_source_mappings(self, event_source_arn, function_name):
    """Those of a function, whether they were made with its name or with its ARN (Lambda API reference, FunctionName)."""
    found = mappings(self, event_source_arn, None)
    return [m for m in found if not function_name or m.function_name.split(":")[-1] == function_name.split(":")[-1]]


LambdaBackend.list_event_source_mappings = list_event_source_mappings
