"""The network around databases, as far as policies ask for it: security groups, VPCs and the routes of subnets."""

from dbguard.sources.account.mapping import Call, Collection

SECURITY_GROUPS = Collection(
    "AWS::EC2::SecurityGroup",
    Call("ec2", "DescribeSecurityGroups"),
    "SecurityGroups",
    id="GroupId",
    arn="SecurityGroupArn",
    same="GroupName Tags VpcId",
    properties={"GroupDescription": "Description", "SecurityGroupIngress": "rules(IpPermissions)"},
)

VPCS = Collection("AWS::EC2::VPC", Call("ec2", "DescribeVpcs"), "Vpcs", id="VpcId", same="CidrBlock IsDefault Tags")

ROUTE_TABLES_CALL = Call("ec2", "DescribeRouteTables")
ROUTE_TABLES = Collection(
    "AWS::EC2::RouteTable",
    ROUTE_TABLES_CALL,
    "RouteTables",
    id="RouteTableId",
    same="Tags VpcId",
    properties={"Main": "length(Associations[?Main] || `[]`) > `0`"},
)
# A subnet without an association of its own follows the main route table of its VPC, which has none either.
ASSOCIATIONS = Collection(
    "AWS::EC2::SubnetRouteTableAssociation",
    ROUTE_TABLES_CALL,
    "RouteTables",
    inner="Associations[?SubnetId]",
    id="RouteTableAssociationId",
    same="RouteTableId SubnetId",
)
ROUTES = Collection(
    "AWS::EC2::Route",
    ROUTE_TABLES_CALL,
    "RouteTables",
    inner="handed(Routes, 'RouteTableId', RouteTableId)",
    id="join('|', [RouteTableId, DestinationCidrBlock || DestinationIpv6CidrBlock || DestinationPrefixListId])",
    same="""
        CarrierGatewayId DestinationCidrBlock DestinationIpv6CidrBlock DestinationPrefixListId
        EgressOnlyInternetGatewayId GatewayId InstanceId LocalGatewayId NatGatewayId NetworkInterfaceId RouteTableId
        TransitGatewayId VpcPeeringConnectionId
    """,
)

COLLECTIONS = (SECURITY_GROUPS, VPCS, ROUTE_TABLES, ASSOCIATIONS, ROUTES)
