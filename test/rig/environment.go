package rig

// Region is where everything happens.
const Region = "us-east-1"

// Environment is all that a process gets: nothing of this machine's configuration of AWS.
func Environment(endpoint string) []string {
	return []string{"AWS_ENDPOINT_URL=" + endpoint, "AWS_REGION=" + Region, "AWS_ACCESS_KEY_ID=AK", "AWS_SECRET_ACCESS_KEY=secret",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "NO_PROXY=*", "HOME=/nonexistent"}
}
