package cloudsim

import (
	"strings"

	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// maxItem is the most that an item may hold, names and values together (DynamoDB developer guide, "Constraints": 400 KB).
const maxItem = 400 * 1024

// fitsTable refuses an item that is too large, with DynamoDB's words.
func fitsTable(it item) error {
	if itemSize(it) > maxItem {
		return apiError("ValidationException", "Item size has exceeded the maximum allowed size")
	}
	return nil
}

// itemSize is what an item takes (DynamoDB developer guide, "Item sizes and formats").
func itemSize(it item) int {
	n := 0
	for name, v := range it {
		n += len(name) + valueSize(v)
	}
	return n
}

func valueSize(v ddb.AttributeValue) int {
	switch v := v.(type) {
	case *ddb.AttributeValueMemberS:
		return len(v.Value)
	case *ddb.AttributeValueMemberN:
		return numberSize(v.Value)
	case *ddb.AttributeValueMemberB:
		return len(v.Value)
	case *ddb.AttributeValueMemberM:
		return 3 + len(v.Value) + itemSize(v.Value)
	case *ddb.AttributeValueMemberL:
		n := 3
		for _, x := range v.Value {
			n += 1 + valueSize(x)
		}
		return n
	case *ddb.AttributeValueMemberSS:
		return len(strings.Join(v.Value, ""))
	}
	return 1 // booleans and null; other sets are not used
}

var unsigned = strings.NewReplacer("-", "", ".", "")

// numberSize is about a byte for two significant digits, and one more.
func numberSize(n string) int {
	digits := strings.Trim(unsigned.Replace(n), "0")
	return (len(digits)+1)/2 + 1
}

func copyItem(it item) item {
	if it == nil {
		return nil
	}
	out := item{}
	for k, v := range it {
		out[k] = copyValue(v)
	}
	return out
}

// copyValue copies deeply: neither side may see the other's later changes.
func copyValue(v ddb.AttributeValue) ddb.AttributeValue {
	switch v := v.(type) {
	case *ddb.AttributeValueMemberM:
		return &ddb.AttributeValueMemberM{Value: copyItem(v.Value)}
	case *ddb.AttributeValueMemberL:
		l := make([]ddb.AttributeValue, len(v.Value))
		for n := range l {
			l[n] = copyValue(v.Value[n])
		}
		return &ddb.AttributeValueMemberL{Value: l}
	case *ddb.AttributeValueMemberB:
		return &ddb.AttributeValueMemberB{Value: append([]byte(nil), v.Value...)}
	case *ddb.AttributeValueMemberS:
		return &ddb.AttributeValueMemberS{Value: v.Value}
	case *ddb.AttributeValueMemberN:
		return &ddb.AttributeValueMemberN{Value: v.Value}
	case *ddb.AttributeValueMemberBOOL:
		return &ddb.AttributeValueMemberBOOL{Value: v.Value}
	default:
		return v // NULL and sets: never written in place
	}
}
