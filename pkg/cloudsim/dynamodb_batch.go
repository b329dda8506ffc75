package cloudsim

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// BatchGetItem reads up to 100 items, each as GetItem would; who is not there is missing in the answer. Nothing is ever left unprocessed.
func (d *DynamoDB) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	return call(ctx, d.s, request{svcDynamoDB, "BatchGetItem", false}, in, func(in *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error) {
		c, out, n := d.s.cloud, &dynamodb.BatchGetItemOutput{Responses: map[string][]map[string]ddb.AttributeValue{}}, 0
		for name, want := range in.RequestItems {
			t, err := c.mustTable(&name)
			if err != nil {
				return nil, err
			}
			seen := map[string]bool{}
			for _, k := range want.Keys {
				key, err := t.keyOf(k)
				if err != nil {
					return nil, err
				}
				if seen[key] {
					return nil, apiError("ValidationException", "Provided list of item keys contains duplicates")
				}
				seen[key] = true
				if it := c.readRow(t.items[key], aws.ToBool(want.ConsistentRead)); it != nil {
					out.Responses[name] = append(out.Responses[name], it)
				}
				n++
			}
		}
		if n == 0 || n > 100 {
			return nil, apiError("ValidationException", "Too many items requested for the BatchGetItem call")
		}
		return out, nil
	})
}

// BatchWriteItem puts and deletes up to 25 items without conditions. Nothing is ever left unprocessed.
func (d *DynamoDB) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	return call(ctx, d.s, request{svcDynamoDB, "BatchWriteItem", true}, in, func(in *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
		n := 0
		for _, list := range in.RequestItems {
			n += len(list)
		}
		if n == 0 || n > 25 {
			return nil, apiError("ValidationException", "Too many items requested for the BatchWriteItem call")
		}
		for name, list := range in.RequestItems {
			for _, w := range list {
				var keyed, value item
				if w.PutRequest != nil {
					keyed, value = w.PutRequest.Item, copyItem(w.PutRequest.Item)
				} else {
					keyed = w.DeleteRequest.Key
				}
				if _, err := d.s.cloud.write(&name, keyed, value, nil, nil, nil); err != nil {
					return nil, err
				}
			}
		}
		return &dynamodb.BatchWriteItemOutput{}, nil
	})
}
