// Command floor is the least that could do the watch's work: net/http, a token, a
// loop. What spotd costs is measured beside it.
package main

import (
	"io"
	"net/http"
	"os"
	"time"
)

func main() {
	endpoint := os.Args[1]
	every, err := time.ParseDuration(os.Args[2])
	if err != nil {
		panic(err)
	}
	token := ""
	for {
		if token == "" {
			token = ask("PUT", endpoint+"/latest/api/token", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
		}
		ask("GET", endpoint+"/latest/meta-data/spot/instance-action", "X-Aws-Ec2-Metadata-Token", token)
		time.Sleep(every)
	}
}

func ask(method, url, header, value string) string {
	request, err := http.NewRequest(method, url, nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set(header, value)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return string(body)
}
