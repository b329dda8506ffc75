package cloudsim

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// An item takes its names and its values, and not more than 400 KB (DynamoDB developer guide, "Item sizes and formats" and "Constraints").
func TestAnItemIsNotLargerThanDynamoDBAllows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		v    ddb.AttributeValue
		want int
	}{
		{"text is counted in bytes", &ddb.AttributeValueMemberS{Value: "aé"}, 3},
		{"a number takes a byte for two digits", &ddb.AttributeValueMemberN{Value: "-1234500"}, 4},
		{"bytes", &ddb.AttributeValueMemberB{Value: make([]byte, 9)}, 9},
		{"a truth", &ddb.AttributeValueMemberBOOL{Value: true}, 1},
		{"a list", &ddb.AttributeValueMemberL{Value: []ddb.AttributeValue{&ddb.AttributeValueMemberS{Value: "ab"}}}, 6},
		{"a map", &ddb.AttributeValueMemberM{Value: item{"k": &ddb.AttributeValueMemberS{Value: "ab"}}}, 7},
		{"a set", &ddb.AttributeValueMemberSS{Value: []string{"ab", "c"}}, 3},
	} {
		if got := valueSize(c.v); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	c := New(Config{})
	t.Cleanup(c.Close)
	db := c.NewSession("test").DynamoDB()
	if _, err := db.CreateTable(bg, &dynamodb.CreateTableInput{TableName: aws.String("ttt"), BillingMode: ddb.BillingModePayPerRequest,
		AttributeDefinitions: []ddb.AttributeDefinition{{AttributeName: aws.String("k"), AttributeType: ddb.ScalarAttributeTypeS}}, KeySchema: []ddb.KeySchemaElement{{AttributeName: aws.String("k"), KeyType: ddb.KeyTypeHash}}}); err != nil {
		t.Fatal(err)
	}
	put := func(bytes int) error {
		_, err := db.PutItem(bg, &dynamodb.PutItemInput{TableName: aws.String("ttt"), Item: item{
			"k": &ddb.AttributeValueMemberS{Value: "1"}, "b": &ddb.AttributeValueMemberS{Value: strings.Repeat("x", bytes-3)}}})
		return err
	}
	if err := put(maxItem); err != nil {
		t.Errorf("400 KB: %v", err)
	}
	if err := put(maxItem + 1); err == nil || !strings.Contains(err.Error(), "Item size has exceeded the maximum allowed size") {
		t.Errorf("a byte more: %v", err)
	}
}
