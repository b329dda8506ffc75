"""moto's server, with what it leaves out of a change set: after one was executed, the stack has its template, its parameters and
its outputs (CloudFormation API reference, ExecuteChangeSet; moto 5.2.5 keeps those of before)."""

import re

import alias  # noqa: F401

from moto.cloudformation import parsing, responses
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Event, Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult
from moto.server import main

import messaging  # noqa: F401, which puts in what a message needs
import quick  # noqa: F401

execute = CloudFormationBackend.execute_change_set


def execute_change_set(self, change_set_name, stack_name=None):
    sets = [s for s in self.change_sets.values() if change_set_name in (s.change_set_id, s.change_set_name)]
    try:
        execute(self, change_set_name, stack_name)
    except Failed as failed:
        for s in sets:
            s.execution_status = "EXECUTE_FAILED"
            roll_back(self.stacks[s.stack_id], failed)
        return
    for s in sets:
        stack = self.stacks[s.stack_id]
        stack.template = s.template
        stack._parse_template()
        stack.parameters = s.parameters
        stack.output_map = stack._create_output_map()


class Failed(Exception):
    """A resource of a stack could not be made."""

    def __init__(self, logical_id, resource_type, why):
        super().__init__(why)
        self.logical_id, self.resource_type, self.why = logical_id, resource_type, why


make = parsing.parse_and_create_resource


def parse_and_create_resource(logical_id, resource_json, resources_map, account_id, region_name):
    try:
        return make(logical_id, resource_json, resources_map, account_id, region_name)
    except Failed:
        raise  # of another resource, which this one needs
    except Exception as e:
        raise Failed(logical_id, resource_json["Type"], getattr(e, "message", None) or str(e)) from e


parsing.parse_and_create_resource = parse_and_create_resource


def roll_back(stack, failed):
    """What AWS does where a stack cannot be made: the first cause, the echo of it, and what was made taken back (CloudFormation
    user guide, "Stack creation options"). moto answers the error of the resource instead, and leaves the rest as it is."""

    def happens(logical_id, resource_type, status, why):
        stack.events.append(Event(stack.stack_id, stack.name, logical_id, "", resource_type, status, why, None))

    happens(failed.logical_id, failed.resource_type, "CREATE_FAILED", failed.why)
    happens("Log", "AWS::Logs::LogGroup", "CREATE_FAILED", "Resource creation cancelled")
    stack._add_stack_event("ROLLBACK_IN_PROGRESS", f"The following resource(s) failed to create: [Log, {failed.logical_id}]. Rollback requested by user.")
    stack.resource_map.delete()
    stack._add_stack_event("ROLLBACK_COMPLETE")
    stack.status = "ROLLBACK_COMPLETE"


CloudFormationBackend.execute_change_set = execute_change_set

create = CloudFormationBackend.create_change_set


def create_change_set(self, stack_name, change_set_name, template, parameters, *args, **kwargs):
    """A change set that only repeats what the stack has is none, also where the stack has a value by default."""
    stack = next((s for s in self.stacks.values() if s.name == stack_name), None)
    had = dict(stack.stack_parameters) if stack else {}
    parameters = {k: text(v) for k, v in parameters.items()}
    out = create(self, stack_name, change_set_name, template, parameters, *args, **kwargs)
    made = self.change_sets[out[0]]
    same = all(text(had.get(k)) == v for k, v in parameters.items())
    if made.change_set_type == "UPDATE" and made.stack.has_template(template) and same:
        made.status, made.execution_status = "FAILED", "UNAVAILABLE"
        made.status_reason = "The submitted information didn't contain changes. Submit different information to create a change set."
    return out


def text(value):
    """moto keeps lists and numbers as Python's, the request has them as text."""
    return ",".join(value) if isinstance(value, list) else str(value)


CloudFormationBackend.create_change_set = create_change_set

# moto refuses a change set that repeats a template of the request itself as UpdateStack does; CloudFormation makes one that fails.
CloudFormationResponse._validate_different_update = lambda *args: None

shown = Stack.parameter_list.fget
# As text they are shown, too (CloudFormation API reference, Parameter).
Stack.parameter_list = property(lambda self: [{k: text(v) for k, v in p.items()} for p in shown(self)])

change = parsing.parse_and_update_resource


def parse_and_update_resource(logical_id, resource_json, resources_map, account_id, region_name):
    """What moto cannot change stays what it was, and is not forgotten."""
    had = resources_map[logical_id]
    return change(logical_id, resource_json, resources_map, account_id, region_name) or had


parsing.parse_and_update_resource = parse_and_update_resource

template_of = CloudFormationResponse.get_template


def get_template(self):
    """That of a change set, where one is named (CloudFormation API reference, GetTemplate); moto knows only the stack's."""
    named = self._get_param("ChangeSetName")
    sets = [s for s in self.cloudformation_backend.change_sets.values() if named in (s.change_set_id, s.change_set_name)]
    if not named:
        return template_of(self)
    if not sets:
        raise ValidationError(message=f"ChangeSet [{named}] does not exist")
    return ActionResult({"TemplateBody": sets[0].template, "StagesAvailable": ["Original", "Processed"]})


CloudFormationResponse.get_template = get_template

by_address = responses.get_stack_from_s3_url


def get_stack_from_s3_url(template_url, account_id, partition):
    """Only an address of the bucket as S3 gives it; moto takes any host for one."""
    if not ADDRESS.match(template_url):
        raise ValidationError(message="S3 error: Domain name specified in " + template_url + " is not a valid S3 domain")
    text = by_address(template_url, account_id, partition)
    if len(text) > 1_000_000:
        raise ValidationError(message="Template may not exceed 1000000 bytes in size.")
    return text


responses.get_stack_from_s3_url = get_stack_from_s3_url
ADDRESS = re.compile(r"https://[a-z0-9.-]+\.s3\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/.+")

inline = CloudFormationResponse.create_change_set


def create_change_set_of_request(self):
    """A request takes 51,200 bytes of template (CloudFormation user guide, quotas)."""
    if len(self._get_param("TemplateBody") or "") > 51_200:
        raise ValidationError(message="1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200")
    return inline(self)


CloudFormationResponse.create_change_set = create_change_set_of_request

main(["-H", "127.0.0.1", "-p", "0"])
