package dynamo

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"autospotting/coordinator/ledger"
)

// copyOf is before a group's name in the key of its copy. No group's name has a colon in it (Auto Scaling API, CreateAutoScalingGroup).
const copyOf = "copy:"

// Load reads the group's copy of what a launch needs, which is an item of its own, so that the record stays small; nil where there is none.
func (d Store) Load(ctx context.Context, group string) ([]byte, error) {
	out, err := d.API.GetItem(ctx, &dynamodb.GetItemInput{TableName: &d.Table, Key: copyKey(group)})
	if err != nil {
		return nil, fmt.Errorf("read the copy of group %q from table %s: %w", group, d.Table, err)
	}
	body, err := unpacked(out.Item)
	if err != nil {
		return nil, fmt.Errorf("the packed copy of group %q: %w", group, err)
	}
	return body, nil
}

// unpacked is what an item holds packed; nil where it holds nothing so.
func unpacked(item map[string]types.AttributeValue) ([]byte, error) {
	packed, ok := item[attrPacked].(*types.AttributeValueMemberB)
	if !ok {
		return nil, nil
	}
	return ledger.UnpackBytes(packed.Value)
}

// Save writes the group's copy, whoever wrote one before: all of them are good.
func (d Store) Save(ctx context.Context, group string, body []byte) error {
	item := copyKey(group)
	item[attrPacked] = &types.AttributeValueMemberB{Value: ledger.Pack(body)}
	if _, err := d.API.PutItem(ctx, &dynamodb.PutItemInput{TableName: &d.Table, Item: item}); err != nil {
		return fmt.Errorf("write the copy of group %q to table %s: %w", group, d.Table, err)
	}
	return nil
}

// dropCopy removes the group's copy and its sketch, with its record. One that is left behind is no record, and is written over.
func (d Store) dropCopy(ctx context.Context, group string) error {
	for _, k := range []map[string]types.AttributeValue{copyKey(group), key(sketchOf + group)} {
		if _, err := d.API.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(d.Table), Key: k}); err != nil {
			return fmt.Errorf("delete the copy of group %q from table %s: %w", group, d.Table, err)
		}
	}
	return nil
}

func copyKey(group string) map[string]types.AttributeValue { return key(copyOf + group) }

func key(value string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{attrGroup: &types.AttributeValueMemberS{Value: value}}
}

// isRecord tells whether a key is that of a record: no group's name has a colon in it, and every other key has.
func isRecord(key string) bool { return !strings.Contains(key, ":") }
