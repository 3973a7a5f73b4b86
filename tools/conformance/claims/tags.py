"""Tags."""

from claim import claim

GUIDE = "EC2 user guide, 'Tag your Amazon EC2 resources', Tag restrictions"


def keys(it, allocation):
    return {each["Key"]: each["Value"] for each in it.address(allocation).get("Tags", [])}


@claim("tags.deleted-by-value", "DeleteTags with a value takes the tag away only where it has that value",
       "EC2 API reference, DeleteTags")  # fmt: skip
def deleted_by_value(it):
    made = it.allocate()["AllocationId"]
    it("CreateTags", Resources=[made], Tags=[{"Key": "Name", "Value": "a"}])
    it("DeleteTags", Resources=[made], Tags=[{"Key": "Name", "Value": "b"}])
    it.equal("the tag", keys(it, made).get("Name"), "a")
    it("DeleteTags", Resources=[made], Tags=[{"Key": "Name"}])
    it.equal("the tag", "Name" in keys(it, made), False)


@claim("tags.fifty", "A resource has fifty tags at most, and of a call that is refused none is set", GUIDE)
def fifty(it):
    made = it.allocate()["AllocationId"]
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    it.refused("TagLimitExceeded", "CreateTags", Resources=[made], Tags=tags)
    it.equal("tags", len(keys(it, made)), 1)
    it("CreateTags", Resources=[made], Tags=tags[:49])
    it("CreateTags", Resources=[made], Tags=[{"Key": "k0", "Value": "other"}])
    it.equal("one that was written over", keys(it, made)["k0"], "other")


@claim("tags.case", "Keys are case-sensitive, and a value may be empty", GUIDE)
def case(it):
    made = it.allocate()["AllocationId"]
    it("CreateTags", Resources=[made], Tags=[{"Key": "a", "Value": ""}, {"Key": "A", "Value": "b"}])
    it.equal("tags", {key: value for key, value in keys(it, made).items() if key in "aA"}, {"a": "", "A": "b"})


@claim("tags.reserved", "A key that begins with `aws:` is refused", GUIDE)
def reserved(it):
    made = it.allocate()["AllocationId"]
    it.refused("InvalidParameterValue", "CreateTags", Resources=[made], Tags=[{"Key": "aws:mine", "Value": "a"}])
