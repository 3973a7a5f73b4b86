"""Calls that are as the models say, and the same with one flaw each, which the check has to find."""

import json
import sys

XMLNS = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'
DESCRIBED = (
    f"<DescribeAddressesResponse {XMLNS}><requestId>1</requestId><addressesSet><item><publicIp>203.0.113.1</publicIp>"
    "<allocationId>eipalloc-1</allocationId><domain>vpc</domain></item></addressesSet></DescribeAddressesResponse>"
)
ASKED = "Action=DescribeAddresses&Version=2016-11-15&AllocationId.1=eipalloc-1"
REFUSED = (
    "<Response><Errors><Error><Code>InvalidAllocationID.NotFound</Code><Message>no</Message></Error></Errors>"
    "<RequestID>1</RequestID></Response>"
)
PUT = json.dumps({"TableName": "ledger", "Item": {"pk": {"S": "a"}}, "ReturnValues": "NONE"})
ALARMS = json.dumps({"MetricAlarms": [{"AlarmName": "sick", "StateValue": "ALARM", "StateUpdatedTimestamp": 1.5}]})

SETUP = json.dumps({"FunctionName": "guard", "State": "Active", "Environment": {"Variables": {"A": "b"}}})
CBOR = "POST /service/GraniteServiceVersion20100801/operation/DescribeAlarms"
GET = "GET /2015-03-31/functions/guard/configuration"

FORM, DYNAMODB, CLOUDWATCH = "", "DynamoDB_20120810.PutItem", "GraniteServiceVersion20100801.DescribeAlarms"
# (what it is, target, request, status, answer)
WELL = [
    ("EC2 answers", FORM, ASKED, 200, DESCRIBED),
    ("EC2 refuses", FORM, ASKED, 400, REFUSED),
    ("DynamoDB answers", DYNAMODB, PUT, 200, "{}"),
    ("CloudWatch answers", CLOUDWATCH, "{}", 200, ALARMS),
    ("Lambda answers", GET + "?Qualifier=live", "", 200, SETUP),
    ("Lambda takes an event", "POST /2015-03-31/functions/guard/invocations", '{"any": 1}', 202, ""),
]
FLAWED = [
    ("a misspelt parameter", FORM, ASKED.replace("AllocationId", "AlocationId"), 200, DESCRIBED),
    ("a list without a number", FORM, ASKED.replace("Id.1", "Id.a"), 200, DESCRIBED),
    ("a boolean that is none", FORM, ASKED + "&DryRun=yes", 200, DESCRIBED),
    ("a misspelt element", FORM, ASKED, 200, DESCRIBED.replace("allocationId", "alocationId")),
    ("another name in a list", FORM, ASKED, 200, DESCRIBED.replace("item", "member")),
    ("a value of no enum", FORM, ASKED, 200, DESCRIBED.replace(">vpc<", ">moon<")),
    ("another root", FORM, ASKED, 200, DESCRIBED.replace("DescribeAddressesResponse", "DescribeAddressResponse")),
    ("no request id", FORM, ASKED, 200, DESCRIBED.replace("<requestId>1</requestId>", "")),
    ("a refusal with another status", FORM, ASKED, 500, REFUSED),
    ("a refusal without a code", FORM, ASKED, 400, REFUSED.replace("Code", "Kode")),
    ("a required parameter is missing", FORM, "Action=DetachNetworkInterface&Version=2016-11-15", 200,
     f"<DetachNetworkInterfaceResponse {XMLNS}><requestId>1</requestId><return>true</return>"
     "</DetachNetworkInterfaceResponse>"),
    ("a misspelt member", DYNAMODB, PUT.replace("TableName", "TabelName"), 200, "{}"),
    ("a value of no union", DYNAMODB, PUT.replace('"S"', '"T"'), 200, "{}"),
    ("an enum of a request", DYNAMODB, PUT.replace("NONE", "SOME"), 200, "{}"),
    ("a member that is no text", CLOUDWATCH, "{}", 200, ALARMS.replace('"sick"', "7")),
    ("a misspelt member of an answer", CLOUDWATCH, "{}", 200, ALARMS.replace("StateValue", "StateVaule")),
    ("a refusal that the operation does not have", DYNAMODB, PUT, 400, '{"__type": "x#AddressLimitExceeded", "message": ""}'),
    ("a path with a misspelt parameter", GET + "?Kualifier=live", "", 200, SETUP),
    ("a misspelt member behind a path", GET, "", 200, SETUP.replace("Variables", "Variabels")),
    ("a value of no enum behind a path", GET, "", 200, SETUP.replace("Active", "Awake")),
    ("a status that the operation does not have", GET, "", 202, SETUP),
    ("a refusal without its header", GET, "", 404, '{"Message": "no"}'),
    ("an operation that no model has", FORM, ASKED.replace("DescribeAddresses", "DescribeAdresses"), 200, DESCRIBED),
]  # fmt: skip

# A test of an adapter, whose answer says that it is wrong on purpose.
ON_PURPOSE = {"user_agent": "sdk", "test": "a test", "wrong": "a reason"}
NO_JSON = [
    ("an answer that is no JSON", DYNAMODB, PUT, 200, "<html>"),
    ("an answer that is no XML", FORM, ASKED, 200, "busy"),
    ("a refusal that is no JSON", DYNAMODB, PUT, 503, "<html>"),
    ("an answer that is no CBOR", CBOR, "", 200, "\x7f"),
]


def prove(models, verdict, call):
    """Each call with what its head has beside the usual, and whether a flaw has to be found."""
    wrong = []
    answers_flaw = [each for each in FLAWED if (each[2], each[3]) == (ASKED, 200) and each[4] != DESCRIBED] + NO_JSON
    asks_flaw = [each for each in FLAWED if each[4] == DESCRIBED]
    ours = {"user_agent": "app/test"}
    adapters = {"user_agent": "sdk", "test": "a test"}
    for calls, beside, has_flaw in (
        (WELL, ours, False), (FLAWED, ours, True), (NO_JSON, ours, True),
        (WELL, adapters, False), (FLAWED, adapters, True),
        (answers_flaw, ON_PURPOSE, False), (asks_flaw, ON_PURPOSE, True), (WELL, ON_PURPOSE, True),
    ):  # fmt: skip
        for what, target, asked, status, answer in calls:
            head = {"path": "/", "target": target, "asked": len(asked), "status": status} | beside
            if " /" in target:
                head["method"], _, head["path"] = target.partition(" ")
                head["target"] = ""
            seen = verdict()
            seen.take(call(head, asked.encode(), answer.encode()), models)
            if bool(seen.findings) != has_flaw:
                marked = ", marked as wrong" if beside is ON_PURPOSE else ""
                wrong.append(f"{what}{marked}: {dict(seen.findings) or 'nothing found'}")
    if wrong:
        sys.exit("check: the proof fails:\n" + "\n".join(wrong))
    print(f"check: {len(WELL)} calls are well, and each of {len(FLAWED + NO_JSON)} flaws is found")
