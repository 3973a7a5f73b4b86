"""Runs the state machines of templates/drill.yaml: test.py TARGET [NAME]

Each test has a simulated EC2 and a compiled release-guard of its own. TARGET is cargo's target folder.
"""

import logging
import os
import sys
import traceback

from interpreter import ACCOUNT, REGION, Clock, Template, execute, install
from world import World

logging.disable(logging.CRITICAL)
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/holdfast-drill/0a1b2c3d"
PSEUDO = {
    "AWS::Partition": "aws", "AWS::StackId": STACK, "AWS::StackName": "holdfast-drill", "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
}
TEMPLATE = Template("templates/drill.yaml", {}, PSEUDO)
ROLE = "holdfast-drill-FireDrillRole-1AB2CD3EF4GH5"
TARGET = sys.argv[1]


def run(world, machine, execution_input=None):
    install(world.clock, world.client_for)
    return execute(TEMPLATE.definition(machine), execution_input or {}, world.clock)


def fire(world):
    return run(world, "FireDrillMachine")


def recover(world, wait):
    return run(world, "RecoverDrillMachine", {"waits": [wait]})


def tags(address):
    return {tag["Key"]: tag["Value"] for tag in address.get("Tags", [])}


def canary(world):
    [address] = world.addresses()
    return address


def made(world):
    """A canary as the drill makes it."""
    return world.allocate(holdfast__drill=STACK, holdfast__drill_kind="fire", holdfast__protect="reclaim")


def failed(ended, world, reason):
    assert (ended.status, ended.error) == ("FAILED", f"Holdfast.{reason}"), ended
    assert world.told() == {("DrillFailed", "holdfast-drill"): 1, ("DrillFailed", reason): 1}, world.told()


def the_first_fire_drill_makes_a_canary_and_the_guard_has_it_back(world):
    ended = fire(world)
    assert ended.status == "SUCCEEDED", ended
    back = canary(world)
    assert (back["AllocationId"], back["PublicIp"]) == (ended.output["back"], ended.output["ip"]), back
    assert tags(back)["holdfast:reclaimed-from"] == ended.output["released"]
    assert tags(back)["holdfast:drill"] == STACK and tags(back)["holdfast:protect"] == "reclaim"
    assert [report["outcome"] for report in world.reports] == ["reclaimed"], world.reports


def the_times_until_event_request_and_back_are_metrics(world):
    made(world)
    ended = fire(world)
    told = world.told()
    assert set(told) == {("DrillSeconds", until) for until in ("event", "request", "back")}, ended
    event, request, back = (told["DrillSeconds", until] for until in ("event", "request", "back"))
    assert 0 <= event <= back and 0 < back < 60 and request < 60, told
    assert ended.output["seconds"] == {"event": event, "request": request, "back": back}, ended


def the_next_drill_takes_the_same_canary(world):
    first, second = fire(world), fire(world)
    assert second.output["released"] == first.output["back"], (first, second)
    assert second.output["ip"] == first.output["ip"]
    assert world.calls("AllocateAddress") == 3, "one for the canary, and one for each time it came back"


def no_event_is_a_failure_of_its_own_that_asks_for_the_trail(world):
    made(world)
    world.has_trail = False
    ended = fire(world)
    failed(ended, world, "NoEvent")
    assert "No event in 15 minutes - is there a trail?" in ended.cause, ended


def a_guard_that_may_not_ask_is_named_as_the_cause(world):
    made(world)
    deny = {"deny": [{"principal": "*", "action": "ec2:AllocateAddress"}]}
    world.before_guard = lambda: world.simulator.ask("settings", deny)
    ended = fire(world)
    failed(ended, world, "NotBack")
    assert "denied" in ended.cause, ended


def a_canary_that_another_account_takes_is_a_failed_drill(world):
    made(world)
    ip = canary(world)["PublicIp"]
    world.before_guard = lambda: world.simulator.ask("settings", {"take_addresses": [ip]})
    failed(fire(world), world, "NotBack")


def a_canary_that_somebody_of_the_account_takes_is_a_failed_drill(world):
    made(world)
    ip = canary(world)["PublicIp"]
    world.has_trail = False
    taken = []

    def take(_):
        if not taken:
            taken.append(world.somebody.allocate_address(Domain="vpc", Address=ip))

    world.clock.on_wait = take
    failed(fire(world), world, "TakenBySomebody")


def what_is_in_use_or_not_protected_is_no_canary(world):
    world.allocate(holdfast__drill=STACK, holdfast__drill_kind="fire", holdfast__protect="record")
    failed(fire(world), world, "CanaryInUse")
    assert world.calls("ReleaseAddress") == 0


def of_two_canaries_none_is_released(world):
    made(world)
    made(world)
    failed(fire(world), world, "SeveralCanaries")
    assert world.calls("ReleaseAddress") == 0 and len(world.addresses()) == 2


def a_policy_that_keeps_the_drill_from_releasing_is_asked_about(world):
    made(world)
    world.simulator.ask("settings", {"deny": [{"principal": "*", "action": "ec2:ReleaseAddress"}]})
    ended = fire(world)
    failed(ended, world, "NotReleased")
    assert "prevention policy" in ended.cause, ended


def a_release_without_an_answer_is_drilled_all_the_same(world):
    made(world)
    world.simulator.ask("faults", {"action": "ec2:ReleaseAddress", "fault": "reply-lost", "times": 1})
    ended = fire(world)
    assert ended.status == "SUCCEEDED" and "IsItReleased" in ended.states, ended


def two_fire_drills_at_once_release_one_canary(world):
    made(world)
    world.running = 2
    ended = fire(world)
    assert ended.error == "Holdfast.AlreadyRunning" and world.calls("ReleaseAddress") == 0, ended


def a_canary_without_a_protect_tag_is_told(world):
    world.allocate(holdfast__drill=STACK, holdfast__drill_kind="fire")
    failed(fire(world), world, "CanaryInUse")


def what_another_guard_took_back_is_left_to_it(world):
    taken = []

    def take_back(_):
        if not taken:
            [release] = [event for event in world.simulator.ask("events/take", {}) if "Release" in event["detail"]["eventName"]]
            taken.append(release)
            ip = "198.51.100.1"
            tags = [("holdfast:drill", STACK), ("holdfast:protect", "none"), ("acme:reclaimed-from", "eipalloc-1")]
            world.somebody.allocate_address(Domain="vpc", Address=ip, TagSpecifications=[{
                "ResourceType": "elastic-ip", "Tags": [{"Key": key, "Value": value} for key, value in tags]}])

    world.clock.on_wait = take_back
    ended = recover(world, 10)
    [there] = world.addresses()
    assert tags(there)["acme:reclaimed-from"] == "eipalloc-1", (there, ended)


def a_release_of_which_nobody_knows_when_counts_for_nothing(world):
    world.simulator.ask("faults", {"action": "ec2:ReleaseAddress", "fault": "reply-lost", "times": 1})
    ended = recover(world, 10)
    assert "skipped" in ended.output and world.told() == {} and world.addresses() == [], ended


def a_trial_that_asks_a_day_later_is_no_leftover_to_another_one(world):
    world.clock.on_wait = lambda seconds: None
    ended = recover(world, 86_400)
    assert ended.output["recovered"] is True, ended
    stamps = world.drills.births
    assert len(stamps) == 2 and int(stamps[1]) - int(stamps[0]) >= 86_400_000, stamps


def an_address_comes_back_after_its_wait_and_nothing_is_left(world):
    others = world.allocate()
    ended = recover(world, 600)
    assert ended.output == {"ip": ended.output["ip"], "wait": 600, "recovered": True}, ended
    assert world.told() == {("Recovered", "600"): 1}, world.told()
    assert [address["AllocationId"] for address in world.addresses()] == [others]


def the_guard_lets_the_addresses_of_the_recover_drill_go(world):
    recover(world, 10)
    world.deliver()
    assert [report["outcome"] for report in world.reports] == ["let-go", "let-go"], world.reports


def an_address_that_others_took_is_lost(world):
    world.simulator.ask("settings", {"released_taken_after_seconds": 0})
    ended = recover(world, 10)
    assert ended.output["recovered"] is False and "Probe" in ended.states, ended
    assert world.told() == {("Recovered", "10"): 0} and world.addresses() == []


def a_request_without_an_answer_is_no_loss(world):
    # Each try of Ask is carried out or refused without an answer, as the first one was.
    calls = []

    def lose(seconds):
        calls.append(seconds)
        if len(calls) == 1:
            world.simulator.ask("faults", {"action": "ec2:AllocateAddress", "fault": "reply-lost", "times": 1})

    world.clock.on_wait = lose
    ended = recover(world, 10)
    assert ended.output["recovered"] is True and "IsItOurs" in ended.states, ended
    assert world.addresses() == []


def the_last_places_of_the_quota_are_left_to_others(world):
    for _ in range(4):
        world.allocate()
    ended = recover(world, 10)
    assert ended.output == {"skipped": "Free places of the quota of addresses - 1. The drill leaves 1."}, ended
    assert world.calls("ReleaseAddress") == 0 and world.told() == {}


def the_canary_takes_no_last_place_of_the_quota(world):
    for _ in range(4):
        world.allocate()
    before = world.calls("AllocateAddress")
    ended = fire(world)
    failed(ended, world, "NoCanary")
    assert "The drill leaves 1" in ended.cause, ended
    assert world.calls("AllocateAddress") == before


def a_canary_is_not_made_where_nobody_knows_the_quota(world):
    world.quota = None
    ended = fire(world)
    failed(ended, world, "NoCanary")
    assert ended.cause.startswith("Nobody says how many addresses are allowed"), ended
    assert world.calls("AllocateAddress") == 0


def the_address_that_shows_why_one_was_refused_takes_no_last_place(world):
    world.simulator.ask("settings", {"released_taken_after_seconds": 0})
    waits = []

    def fill(seconds):
        waits.append(seconds)
        if len(waits) == 2:  # The drill has asked once, and waits to ask again.
            for _ in range(4):
                world.allocate()

    world.clock.on_wait = fill
    ended = recover(world, 10)
    assert "The drill leaves 1" in ended.output["skipped"] and "Probe" not in ended.states, ended
    assert len(world.addresses()) == 4 and world.told() == {}


def a_quota_that_nobody_knows_is_no_room(world):
    world.quota = None
    ended = recover(world, 10)
    assert ended.output["skipped"].startswith("Nobody says how many addresses are allowed"), ended
    assert world.calls("AllocateAddress") == 0


def a_loss_that_may_be_the_quotas_doing_counts_for_nothing(world):
    def fill(_):
        world.simulator.ask("settings", {"address_quota": 0})

    world.clock.on_wait = fill
    ended = recover(world, 10)
    assert "Neither the address nor another one was given" in ended.output["skipped"], ended
    assert world.told() == {}


def what_a_stopped_execution_left_is_released_and_nothing_of_others(world):
    left = world.allocate(holdfast__drill=STACK, holdfast__drill_at="1000", holdfast__protect="none")
    young = world.allocate(
        holdfast__drill=STACK, holdfast__drill_at=str(world.clock.milliseconds()), holdfast__protect="none"
    )
    other = world.allocate(holdfast__drill="another-stack", holdfast__drill_at="1000", holdfast__protect="none")
    ended = recover(world, 0)
    there = {address["AllocationId"] for address in world.addresses()}
    assert there == {young, other} and left not in there, (there, ended)


def the_canary_is_no_leftover_of_the_recover_drill(world):
    kept = made(world)
    recover(world, 0)
    assert [address["AllocationId"] for address in world.addresses()] == [kept]


def the_age_of_the_last_good_drill_is_told_in_days(world):
    assert run(world, "AgeMachine").status == "SUCCEEDED"
    assert world.told() == {("DrillAgeDays", "holdfast-drill"): 999}
    world.last_good = world.clock.now()
    world.clock.waited += 9 * 86_400
    run(world, "AgeMachine")
    days = world.told()["DrillAgeDays", "holdfast-drill"]
    assert 9 <= days < 9.1, days


def main():
    wanted = sys.argv[2:]
    tests = {
        name: test for name, test in globals().items()
        if callable(test) and test.__module__ == "__main__" and test.__code__.co_varnames[:1] == ("world",)
        and test.__code__.co_argcount == 1 and name not in ("fire", "canary", "made")
    }
    broken = ran = 0
    for name, test in tests.items():
        if wanted and not any(each in name for each in wanted):
            continue
        ran += 1
        world = World(TARGET, Clock(), ROLE)
        try:
            test(world)
            print(f"ok      {name}", flush=True)
        except Exception:
            broken += 1
            print(f"FAILED  {name}", flush=True)
            traceback.print_exc()
        finally:
            world.close()
    print(f"{ran} tests, {broken} failed")
    return 1 if broken or not ran else 0


sys.exit(main())
