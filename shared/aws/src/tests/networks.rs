//! Subnets, route tables and zones as EC2 answers them, and what is sent for them.

use super::{Wire, ec2};
use holdfast::cloud::networks::{ReadNetworks, RouteTableFilter};
use holdfast::model::ids::{BorderGroup, SubnetId, Zone};
use holdfast::model::network::{RouteTable, RouteTarget, Subnet};

fn subnet(id: &str) -> SubnetId {
    id.parse().unwrap()
}

async fn table(routes: &str, associations: &str) -> RouteTable {
    let set = format!(
        "<routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId><routeSet>{routes}</routeSet>\
         <associationSet>{associations}</associationSet></item></routeTableSet>"
    );
    let wire = Wire::answering([ec2("DescribeRouteTables", &set)]);
    let which = RouteTableFilter::OfSubnets(vec![subnet("subnet-1")]);
    wire.cloud().route_tables(&which).await.unwrap().remove(0)
}

fn route(destination: &str, target: &str, state: &str) -> String {
    format!(
        "<item><destinationCidrBlock>{destination}</destinationCidrBlock>{target}<state>{state}</state></item>"
    )
}

#[tokio::test]
async fn a_subnet_is_read_with_its_vpc_and_its_zone() {
    let set = "<subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>\
         <availabilityZone>eu-west-1a</availabilityZone></item></subnetSet>";
    let wire = Wire::answering([ec2("DescribeSubnets", set)]);
    let found = wire.cloud().subnets(&[subnet("subnet-1")]).await.unwrap();
    let expected = Subnet {
        id: subnet("subnet-1"),
        vpc: "vpc-1".parse().unwrap(),
        zone: Zone("eu-west-1a".to_owned()),
    };
    assert_eq!(found, [expected]);
    let mut members = wire.members();
    members.sort();
    assert_eq!(
        members,
        [
            "Filter.1.Name=subnet-id",
            "Filter.1.Value.1=subnet-1",
            "MaxResults=1000"
        ]
    );
}

#[tokio::test]
async fn a_route_table_is_read_with_its_subnets_and_where_it_leads() {
    let routes = [
        route("10.0.0.0/16", "<gatewayId>local</gatewayId>", "active"),
        route("0.0.0.0/0", "<gatewayId>igw-1</gatewayId>", "active"),
        route(
            "10.9.0.0/16",
            "<natGatewayId>nat-1</natGatewayId>",
            "active",
        ),
    ];
    let associations = "<item><main>false</main><subnetId>subnet-1</subnetId></item>\
         <item><main>true</main></item>";
    let expected = RouteTable {
        vpc: "vpc-1".parse().unwrap(),
        subnets: vec![subnet("subnet-1")],
        is_main: true,
        routes: vec![
            RouteTarget::Other,
            RouteTarget::InternetGateway,
            RouteTarget::Other,
        ],
    };
    assert_eq!(table(&routes.concat(), associations).await, expected);
}

#[tokio::test]
async fn a_route_that_leads_nowhere_is_none() {
    let dead = route("0.0.0.0/0", "<gatewayId>igw-1</gatewayId>", "blackhole");
    assert_eq!(table(&dead, "").await.routes, []);
}

#[tokio::test]
async fn a_carrier_gateway_stands_for_an_internet_gateway_and_an_endpoint_may_lead_to_one() {
    let target = |target: String| async move { table(&target, "").await.routes.remove(0) };
    for gateway in ["carrierGatewayId", "localGatewayId"] {
        let to = format!("<{gateway}>gw-1</{gateway}>");
        let found = target(route("0.0.0.0/0", &to, "active")).await;
        assert_eq!(found, RouteTarget::InternetGateway, "{gateway}");
    }
    for (member, id) in [("gatewayId", "vpce-1"), ("networkInterfaceId", "eni-1")] {
        let to = format!("<{member}>{id}</{member}>");
        let found = target(route("0.0.0.0/0", &to, "active")).await;
        assert_eq!(found, RouteTarget::DefaultBy(id.to_owned()));
        let part = target(route("10.9.0.0/16", &to, "active")).await;
        assert_eq!(part, RouteTarget::Other);
    }
}

#[tokio::test]
async fn the_main_tables_are_asked_for_by_their_vpcs() {
    let wire = Wire::answering([ec2("DescribeRouteTables", "<routeTableSet/>")]);
    let which = RouteTableFilter::MainOf(vec!["vpc-1".parse().unwrap()]);
    assert_eq!(wire.cloud().route_tables(&which).await.unwrap(), []);
    let mut members = wire.members();
    members.sort();
    assert_eq!(
        members,
        [
            "Filter.1.Name=vpc-id",
            "Filter.1.Value.1=vpc-1",
            "Filter.2.Name=association.main",
            "Filter.2.Value.1=true",
            "MaxResults=100"
        ]
    );
}

#[tokio::test]
async fn each_zone_is_read_with_its_border_group() {
    let zone = |name: &str, group: &str| {
        format!(
            "<item><zoneName>{name}</zoneName><networkBorderGroup>{group}</networkBorderGroup></item>"
        )
    };
    let all = zone("eu-west-1a", "eu-west-1") + &zone("eu-west-1-wl1", "eu-west-1-wl1-lon-1");
    let set = format!("<availabilityZoneInfo>{all}</availabilityZoneInfo>");
    let wire = Wire::answering([ec2("DescribeAvailabilityZones", &set)]);
    let found = wire.cloud().border_groups().await.unwrap();
    let group = |zone: &str| found.get(&Zone(zone.to_owned())).cloned();
    assert_eq!(
        group("eu-west-1a"),
        Some(BorderGroup("eu-west-1".to_owned()))
    );
    assert_eq!(
        group("eu-west-1-wl1"),
        Some(BorderGroup("eu-west-1-wl1-lon-1".to_owned()))
    );
    assert_eq!(wire.members(), Vec::<String>::new());
}

#[tokio::test]
async fn the_main_tables_of_all_vpcs_are_asked_for_where_no_vpc_is_known() {
    let wire = Wire::answering([ec2("DescribeRouteTables", "<routeTableSet/>")]);
    let found = wire.cloud().route_tables(&RouteTableFilter::Main).await;
    assert_eq!(found.unwrap(), []);
    let mut members = wire.members();
    members.sort();
    assert_eq!(
        members,
        [
            "Filter.1.Name=association.main",
            "Filter.1.Value.1=true",
            "MaxResults=100"
        ]
    );
}
