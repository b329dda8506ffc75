package needs

// takenMarkers are of what one instance has at a time: a second one that boots takes it from the first.
var takenMarkers = []marker{
	{need: Address, in: commands, names: "aws ec2-associate-address ec2assocaddr", op: "associate-address", example: "aws ec2 associate-address --instance-id $ID --allocation-id eipalloc-1 --allow-reassociation",
		why: "an Elastic IP address has one holder"},
	{need: Address, in: code, match: `[^s]associate_address\s*\(|\bassociateAddress\(|\bAssociateAddress(Command|Input|\()|Register-EC2Address\b|[^s]associate-address\b|aws_eip_association`, example: "ec2.associate_address(InstanceId=me, AllocationId=a)",
		why: "the SDKs', PowerShell's and Terraform's spelling"},
	{need: Address, in: commands, names: "aws-ec2-assign-elastic-ip ec2-assign-elastic-ip assign-eip eipassoc", example: "aws-ec2-assign-elastic-ip --region eu-west-1 --valid-ips 192.0.2.1,192.0.2.2",
		why: "tools that do nothing else"},
	{need: Address, in: settings, word: "eip", match: `^\s*(eip_id|eipalloc|eip_allocation_id|allocation_id)\s*[=:]\s*\S`, path: `fck-nat|eip`, example: "/etc/fck-nat.conf: eip_id=eipalloc-1",
		why: "fck-nat takes the address when it starts"},

	{need: Volume, in: commands, names: "aws ec2-attach-volume ec2attvol", op: "attach-volume", example: "aws ec2 attach-volume --volume-id vol-1 --instance-id $ID --device /dev/xvdf",
		why: "a volume is attached to one instance"},
	{need: Volume, in: commands, names: awsCommand, op: "volume-in-use", example: "aws ec2 wait volume-in-use --filters Name=attachment.instance-id,Values=$ID",
		why: "it waits for a volume that somebody attaches to it"},
	{need: Volume, in: commands, names: "ec2-boot-mount-ebs-volume ebsnvme-attach attach-ebs ebs-attach rexray", example: "ec2-boot-mount-ebs-volume /dev/xvdd /var/mysql ext4 defaults",
		why: "tools that wait for a volume or attach it"},
	{need: Volume, in: code, match: `\battach_volume\s*\(|\battach_to_instance\s*\(|\battachVolume\(|\bAttachVolume(Command|Input|\()|Add-EC2Volume\b|\battach-volume\b|aws_volume_attachment`, example: "Add-EC2Volume -InstanceId $id -VolumeId vol-1 -Device xvdf",
		why: "the SDKs', PowerShell's and Terraform's spelling"},

	{need: Interface, in: commands, names: "aws ec2-attach-network-interface ec2attnic ec2-assign-private-ip-addresses ec2apip", op: "attach-network-interface|assign-private-ip-addresses|assign-ipv6-addresses", example: "aws ec2 attach-network-interface --network-interface-id eni-1 --instance-id $ID --device-index 1",
		why: "an interface is attached to one instance, an address to one interface"},
	{need: Interface, in: code, match: `\battach_network_interface\s*\(|[^n]assign_(private_ip|ipv6)_addresses\s*\(|\battachNetworkInterface\(|\bassignPrivateIpAddresses\(|\bAttachNetworkInterface(Command|Input|\()|\bAssignPrivateIpAddresses(Command|Input|\()|Add-EC2NetworkInterface\b|Register-EC2PrivateIpAddress\b|\battach-network-interface\b|[^n]assign-private-ip-addresses\b`, example: "ec2.attach_network_interface(NetworkInterfaceId=eni, InstanceId=me, DeviceIndex=1)",
		why: "the SDKs' and PowerShell's spelling"},
	{need: Interface, in: settings, word: "eni_id", match: `^\s*eni_id\s*=\s*\S`, example: "/etc/fck-nat.conf: eni_id=eni-1",
		why: "fck-nat attaches the interface when it starts"},

	{need: Route, in: commands, names: "aws ec2-replace-route ec2rprt ec2-create-route ec2addrt", op: "replace-route|create-route", example: "aws ec2 replace-route --route-table-id rtb-1 --destination-cidr-block 0.0.0.0/0 --instance-id $ID",
		why: "a route has one target"},
	{need: Route, in: code, match: `\b(replace|create)_route\s*\(|\b(replace|create)Route\(|\b(Replace|Create)Route(Command|Input|\()|Set-EC2Route\b|New-EC2Route\b|\b(replace|create)-route\b`, example: "ec2.replace_route(RouteTableId=t, DestinationCidrBlock='0.0.0.0/0', InstanceId=me)",
		why: "the SDKs' and PowerShell's spelling"},

	{need: DNS, in: commands, names: awsCommand, op: "change-resource-record-sets", example: "aws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch file:///tmp/r.json",
		why: "a name that points at this instance points away from the one before"},
	{need: DNS, in: commands, names: awsCommand, op: "register-instance", match: `servicediscovery (.* )?register-instance( |$)`, example: "aws servicediscovery register-instance --service-id srv-1 --instance-id $ID --attributes AWS_INSTANCE_IPV4=$IP",
		why: "the name outlives the instance unless it takes itself out"},
	{need: DNS, in: commands, names: "nsupdate ddclient cli53 route53-register dnsupdate", example: "nsupdate -k /etc/dns.key /tmp/update",
		why: "tools that write records"},
	{need: DNS, in: commands, names: "curl wget", match: `api\.cloudflare\.com/.*/dns_records|dynamicdns|/dyndns|duckdns\.org/update|dynupdate|/nic/update`, example: "curl -X PUT https://api.cloudflare.com/client/v4/zones/z/dns_records/r -d @r.json",
		why: "records of other services"},
	{need: DNS, in: code, match: `change_resource_record_sets\s*\(|\bchangeResourceRecordSets\(|ChangeResourceRecordSets(Command|Input|\()|Edit-R53ResourceRecordSet\b|change-resource-record-sets\b|Add-DnsServerResourceRecord|aws_route53_record`, example: "route53.change_resource_record_sets(HostedZoneId=z, ChangeBatch=b)",
		why: "the SDKs' and PowerShell's spelling"},
}
