from django.urls import path

from interworky.demo import views

urlpatterns = [
    path("", views.root),
    path("demo/", views.home, name="demo"),
    path("demo/treatments/", views.treatments, name="demo-treatments"),
    path("demo/api/treatments", views.price_list),
    path("demo/api/treatments/<str:treatment>", views.price),
    path("demo/mailbox/", views.mails, name="demo-mailbox"),
    path("demo/mailbox/<str:id>/", views.mail, name="demo-mail"),
    path("demo/mailbox/<str:id>/html", views.mail_html, name="demo-mail-html"),
    path("demo/mailbox/<str:id>/attachments/<int:number>", views.attachment, name="demo-mail-attachment"),
]
