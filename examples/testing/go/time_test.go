package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A year in a second, on a cluster whose clock is held: `k8ts up --simulated --held`.
func TestCronJobOverAYear(t *testing.T) {
	if os.Getenv("K8TS_CONTROL") == "" {
		t.Skip("K8TS_CONTROL is not set: start a cluster by k8ts up --simulated --held")
	}
	cfg := ctrl.GetConfigOrDie()
	c, err := client.New(cfg, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := c.Create(ctx, monthly()); err != nil {
		t.Fatal(err)
	}
	control(t, cfg, "clock/advance", `{"by": "360d"}`)
	control(t, cfg, "settled", "")
	var jobs batchv1.JobList
	if err := c.List(ctx, &jobs, client.InNamespace("default")); err != nil {
		t.Fatal(err)
	}
	if len(jobs.Items) != 3 {
		t.Fatalf("of twelve Jobs the last three are kept, there are %d", len(jobs.Items))
	}
	for _, job := range jobs.Items {
		if job.Status.Succeeded != 1 {
			t.Errorf("%s has not succeeded", job.Name)
		}
	}
}

// control asks the cluster for what the Kubernetes API has no words for, with the same credentials.
func control(t *testing.T, cfg *rest.Config, what, body string) string {
	t.Helper()
	httpClient, err := rest.HTTPClientFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	response, err := httpClient.Post(os.Getenv("K8TS_CONTROL")+"/"+what, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", what, response.StatusCode, answer)
	}
	return string(answer)
}

func monthly() *batchv1.CronJob {
	container := corev1.Container{Name: "report", Image: "report:1"}
	pod := corev1.PodSpec{RestartPolicy: corev1.RestartPolicyOnFailure, Containers: []corev1.Container{container}}
	utc := "Etc/UTC"
	return &batchv1.CronJob{
		ObjectMeta: metav1.ObjectMeta{Name: "report", Namespace: "default"},
		Spec: batchv1.CronJobSpec{
			Schedule:    "0 6 1 * *",
			TimeZone:    &utc,
			JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: pod}}},
		},
	}
}
